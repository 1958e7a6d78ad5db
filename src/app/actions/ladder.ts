import { fileName } from '../../files/file-name.ts';
import { climb, type Training } from '../../lab/ladder/climb.ts';
import { goodEnough } from '../../lab/ladder/parts.ts';
import { APART, LADDER, RUNG_NAMES, type RungName, rungOf } from '../../lab/ladder/rungs.ts';
import type { KeptLadder, LadderAdapter, LadderKinds } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';
import { nowAt } from '../state/lab.ts';
import { useLadder } from '../state/ladder.ts';
import { PAGE_DEFAULTS } from '../state/presets.ts';
import { otherForm } from '../state/prompt-form.ts';
import { type Request, requests } from '../state/requests.ts';
import { getApp, isTaken, setApp } from '../state/store.ts';
import { openAdapters } from './adapter.ts';
import {
  canExperiment,
  forgetRecord,
  hearPiece,
  keepRecord,
  stopped,
  underWay,
  unlessStopped,
} from './experiment.ts';
import { inTurn } from './in-turn.ts';
import { kindsOfLadder, measureApart } from './ladder-apart.ts';
import { beginRecord } from './ladder-record.ts';
import { adapterOnShelf, ladderAdapter, trainingOnShelf } from './ladder-training.ts';
import { chooseTemplate, openModel } from './open.ts';
import { openData } from './open-data.ts';
import { writeHash } from './settings.ts';

/** The ladder on the page: rung after rung over what is open, each kept as soon as it is measured. */

const climbs = requests();

export function canClimb(): boolean {
  return canExperiment() && (getApp().data?.used ?? 0) > 1;
}

/**
 * Measures every rung that is not known yet, over what is open now.
 * @param apart with one adapter for each kind of question
 */
export async function measureLadder({ apart = false } = {}): Promise<void> {
  if (!canClimb()) return;
  useLadder.setState({ error: null, warnings: [], restored: false, now: null });
  const error = await underWay('ladder', 'Reading the rows', () => carryOut(climbs.begin(), apart));
  useLadder.setState({ error, now: null });
}

async function carryOut(request: Request, apart: boolean): Promise<void> {
  const shelved = useLadder.getState().tunedBy === 'shelf' ? await adapterOnShelf() : null;
  const { record, training, found } = await beginRecord(request, shelved, apart);
  const form = shelved ? otherForm(getApp()) : null;
  useLadder.setState(({ warnings }) => ({
    warnings: [...new Set([...warnings, ...(form ? [form] : []), ...found])],
  }));
  if (shelved && !record.adapter) record.adapter = { ...shelved, ...trainingOnShelf() };
  await keep({ ...record, result: await figuresOf(record) });
  const { plan, title } = record;
  /** Put on the worker's shelf for this ladder. */
  let adapter: string | null = null;
  try {
    const kinds = record.apart === null ? null : await kindsOfLadder(request);
    if (kinds !== null) await change({ kinds: withoutRows(kinds) });
    const { skipped } = await climb({
      rungs: record.apart === null ? RUNG_NAMES : [...RUNG_NAMES, APART.name],
      has: {
        instruction: plan.instruction !== null,
        rows: plan.rows > 0,
        documents: plan.passages > 0,
        adapter: true,
        kinds: kinds !== null,
      },
      kept: (name) => keptNow().rungs.find((rung) => rung.name === name) ?? null,
      measure: (name) =>
        name === APART.name && kinds !== null
          ? measureApart(request, { kinds, training, title, kept: keptNow().apart ?? [] }, (adapters) =>
              change({ apart: adapters }),
            )
          : measure(request, name, adapter),
      async train(): Promise<Training> {
        const asked = { title, name: title, what: 'Training', training, adapter: keptNow().adapter };
        const taken = await ladderAdapter(request, asked, (found) => change({ adapter: found }));
        adapter = taken.id;
        return taken.training;
      },
      onBegin(name, place, of) {
        unlessStopped();
        useLadder.setState({ now: { name, place, of } });
      },
      async onRung(rung) {
        const { rungs } = keptNow();
        await change({
          rungs: LADDER.flatMap(({ name }) => [...rungs, rung].filter((one) => one.name === name)),
        });
        await reckon();
      },
    });
    await change({ skipped });
    await takeApart(request);
    await reckon({ done: true });
  } finally {
    if (adapter) await (await worker()).removeAdapter(adapter);
  }
}

async function measure(request: Request, name: RungName, adapter: string | null) {
  const { label, needs } = rungOf(name);
  nowAt(label);
  const use = needs.includes('adapter') && adapter !== null ? { id: adapter, strength: 1 } : null;
  const rung = await inTurn(async () => {
    unlessStopped();
    return request.events(hearPiece(), (api, listener) => api.measureRung(name, use, listener));
  });
  // Other rows than the ladder's would have been measured by now.
  if (!request.latest) throw stopped();
  return rung;
}

/** Looks for the kinds of questions where no rung is good enough. */
async function takeApart(request: Request): Promise<void> {
  const { rungs, plan, kinds } = keptNow();
  if (kinds !== undefined || goodEnough(rungs, plan.metric)) return;
  useLadder.setState({ now: null });
  const found = await kindsOfLadder(request);
  await change({ kinds: found && withoutRows(found) });
}

function withoutRows({ leaveOut: _, ...kinds }: LadderKinds): Omit<LadderKinds, 'leaveOut'> {
  return kinds;
}

/** Figures of what is measured; null where nothing is. */
async function figuresOf({ rungs, skipped, given, plan, kinds = null }: KeptLadder) {
  if (rungs.length === 0) return null;
  const { seed } = given.settings;
  return (await worker()).ladderFigures({ rungs, skipped, seed, metric: plan.metric, kinds });
}

async function reckon(more: Partial<KeptLadder> = {}): Promise<void> {
  await change({ result: await figuresOf(keptNow()), ...more });
}

function keptNow(): KeptLadder {
  return useLadder.getState().kept!;
}

/** The ladder as it is by now, on the page and in the browser. */
function keep(kept: KeptLadder): Promise<void> {
  useLadder.setState({ kept });
  return keepRecord('ladder', kept, (text) =>
    useLadder.setState(({ warnings }) => ({ warnings: [...new Set([...warnings, text])] })),
  );
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
  await measureLadder({ apart: kept.apart !== null });
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
  if (getApp().underWay) return;
  useLadder.setState({ kept: null, restored: false, error: null, warnings: [] });
  await forgetRecord('ladder');
}

/** Opens an adapter that a ladder has trained, as if its files had been dropped. */
export async function openLadderAdapter({ name, files }: LadderAdapter): Promise<void> {
  const folder = fileName(name.replace(/^Sample: /, ''));
  await openAdapters([
    files.map(({ path, bytes }) => ({
      path: `${folder}/${path}`,
      file: new Blob([bytes as BlobPart]),
    })),
  ]);
}
