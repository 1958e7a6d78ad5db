import { fileName } from '../../files/file-name.ts';
import { climb, type Training } from '../../lab/ladder/climb.ts';
import { RUNG_NAMES, type RungName, rungOf } from '../../lab/ladder/rungs.ts';
import type { KeptLadder, RunEvent } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useLadder } from '../state/ladder.ts';
import { PAGE_DEFAULTS } from '../state/presets.ts';
import { type Request, requests } from '../state/requests.ts';
import { getApp, isTaken, setApp } from '../state/store.ts';
import { openAdapter } from './adapter.ts';
import { inTurn } from './in-turn.ts';
import { beginRecord } from './ladder-record.ts';
import { stopped, unlessStopped } from './ladder-stop.ts';
import { adapterOnShelf, ladderAdapter, trainingOnShelf } from './ladder-training.ts';
import { chooseTemplate, openModel } from './open.ts';
import { openData } from './open-data.ts';
import { giveUpMeasuring } from './outcome.ts';
import { askBase, dropBaseAnswers } from './preview.ts';
import { progressInto } from './progress.ts';
import { keepAwake } from './run.ts';
import { writeHash } from './settings.ts';

/** The ladder on the page: rung after rung over what is open, each kept as soon as it is measured. */

const climbs = requests();

export function canClimb(): boolean {
  const app = getApp();
  const { model, data, dataWork, modelWork, starting } = app;
  return model !== null && (data?.used ?? 0) > 1 && !dataWork && !modelWork && !starting && !isTaken(app);
}

/** Measures every rung that is not known yet, over what is open now. */
export async function measureLadder(): Promise<void> {
  if (!canClimb()) return;
  giveUpMeasuring();
  setApp({ climbing: true });
  useLadder.setState({
    ...{ error: null, warnings: [], stopping: false, restored: false, now: null, left: null },
    work: { what: 'Reading the rows', done: 0, total: null },
  });
  const lock = await keepAwake();
  try {
    await dropBaseAnswers();
    await carryOut(climbs.begin());
    useLadder.setState({ error: null });
  } catch (error) {
    const failure = pageError(error);
    useLadder.setState({ error: failure.code === 'stopped' ? null : failure });
  } finally {
    lock?.release().catch(() => {});
    setApp({ climbing: false });
    useLadder.setState({ work: null, left: null, now: null, stopping: false });
    // Those that the ladder cut short.
    void askBase();
  }
}

async function carryOut(request: Request): Promise<void> {
  const shelved = useLadder.getState().tunedBy === 'shelf' ? await adapterOnShelf() : null;
  const { record, training } = await beginRecord(request, shelved);
  if (shelved && !record.adapter) record.adapter = { ...shelved, ...trainingOnShelf() };
  await keep(record);
  const { plan } = record;
  /** Put on the worker's shelf for this ladder. */
  let adapter: string | null = null;
  try {
    const { skipped } = await climb({
      rungs: RUNG_NAMES,
      has: {
        instruction: plan.instruction !== null,
        rows: plan.rows > 0,
        documents: plan.passages > 0,
        adapter: true,
      },
      kept: (name) => keptNow().rungs.find((rung) => rung.name === name) ?? null,
      measure: (name) => measure(request, name, adapter),
      async train(): Promise<Training> {
        const taken = await ladderAdapter(request, keptNow(), training, (found) =>
          change({ adapter: found }),
        );
        adapter = taken.id;
        return taken.training;
      },
      onBegin(name, place, of) {
        unlessStopped();
        useLadder.setState({ now: { name, place, of } });
      },
      onRung: (rung) => void change({ rungs: [...keptNow().rungs, rung] }),
    });
    await change({ skipped, done: true });
  } finally {
    if (adapter) await (await worker()).removeAdapter(adapter);
  }
}

async function measure(request: Request, name: RungName, adapter: string | null) {
  const { label, needs } = rungOf(name);
  useLadder.setState({ work: { what: label, done: 0, total: null }, left: null });
  const use = needs.includes('adapter') && adapter !== null ? { id: adapter, strength: 1 } : null;
  const rung = await inTurn(async () => {
    unlessStopped();
    return request.events(hearAnswers(), (api, listener) => api.measureRung(name, use, listener));
  });
  // Other rows than the ladder's would have been measured by now.
  if (!request.latest) throw stopped();
  return rung;
}

/** How far the answers are, with the time that the rest will take at their pace. */
function hearAnswers(): (events: RunEvent[]) => void {
  return progressInto((work) => {
    const { total, done, speed } = work;
    useLadder.setState({ work, left: total && speed ? (total - done) / speed : null });
  });
}

function keptNow(): KeptLadder {
  return useLadder.getState().kept!;
}

let written: Promise<void> = Promise.resolve();

/** The ladder as it is by now, on the page and, one after another, in the browser. */
function keep(kept: KeptLadder): Promise<void> {
  useLadder.setState({ kept });
  written = written
    .then(async () => (await worker()).keepLadder(kept))
    .catch((error) => {
      const text = `The ladder cannot be kept in this browser (${pageError(error).text}). It continues; keep this tab open.`;
      useLadder.setState(({ warnings }) => ({ warnings: [...new Set([...warnings, text])] }));
    });
  return written;
}

function change(what: Partial<KeptLadder>): Promise<void> {
  return keep({ ...keptNow(), ...what });
}

/** What has to be dropped before a ladder of an earlier visit can go on. */
export function missingForLadder({ given, title }: KeptLadder): string[] {
  const { model, dataTitle } = getApp();
  return [
    ...(!given.model.choice && model?.name !== given.model.name ? [given.model.name] : []),
    ...(!given.data && dataTitle !== title ? [title] : []),
  ];
}

/** Goes on with the ladder that is shown; one of an earlier visit has its model, rows and settings opened again first. */
export async function continueLadder(): Promise<void> {
  const { kept, restored } = useLadder.getState();
  if (!kept || isTaken(getApp())) return;
  if (restored && !(await reopen(kept))) return;
  await measureLadder();
}

async function reopen({ given, title }: KeptLadder): Promise<boolean> {
  const { chatTemplate: _, ...modelChoice } = getApp().modelChoice;
  setApp({ settings: { ...PAGE_DEFAULTS, ...given.settings } });
  writeHash();
  const { choice, chatTemplate = null } = given.model;
  if (choice && JSON.stringify(choice) !== JSON.stringify(modelChoice)) await openModel(choice);
  if (chatTemplate !== (getApp().modelChoice.chatTemplate ?? null)) await chooseTemplate(chatTemplate);
  // The base answers as it is held in training.
  await (await worker()).setBaseDtype(given.settings.baseDtype);
  const data = given.data ?? getApp().dataChoice;
  return data !== null && (await openData(data, title)) && canClimb();
}

/** Forgets the ladder that is shown; what was given to it stays for the next. */
export async function discardLadder(): Promise<void> {
  if (getApp().climbing) return;
  useLadder.setState({ kept: null, restored: false, error: null, warnings: [] });
  const api = await worker();
  await api.forgetLadder();
  if ((await api.savedRun())?.request.leaveOut) await api.forgetSavedRun();
}

/** Opens the adapter that a ladder has trained, as if its files had been dropped. */
export async function openLadderAdapter({ adapter }: KeptLadder): Promise<void> {
  if (!adapter) return;
  const folder = fileName(adapter.name.replace(/^Sample: /, ''));
  await openAdapter(
    adapter.files.map(({ path, bytes }) => ({
      path: `${folder}/${path}`,
      file: new Blob([bytes as BlobPart]),
    })),
  );
}
