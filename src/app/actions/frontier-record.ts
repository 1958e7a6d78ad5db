import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { heldOutSplit } from '../../data/batches.ts';
import { UserError } from '../../errors.ts';
import { HELD_OUT } from '../../lab/distillation/rows.ts';
import { named } from '../../lab/progression/points.ts';
import type {
  FrontierCandidate,
  FrontierModel,
  FrontierRows,
  KeptFrontier,
  KeptPoint,
} from '../../worker/api/api.ts';
import { plural } from '../shared/format.ts';
import { worker } from '../state/connection.ts';
import { useFrontier } from '../state/frontier.ts';
import { getApp } from '../state/store.ts';
import { keepRecord } from './experiment.ts';
import { pickedModels, usesKeptRows } from './frontier-inputs.ts';
import { same } from './ladder-record.ts';

/** The comparison of models that is shown, on the page and in the browser; and what of an earlier one is still true of it. */

export function keptNow(): KeptFrontier {
  return useFrontier.getState().kept!;
}

export function keep(kept: KeptFrontier): Promise<void> {
  useFrontier.setState({ kept });
  return keepRecord('frontier', kept, warn);
}

export function change(what: Partial<KeptFrontier>): Promise<void> {
  return keep({ ...keptNow(), ...what });
}

export function warn(...texts: string[]): void {
  useFrontier.setState(({ warnings }) => ({ warnings: [...new Set([...warnings, ...texts])] }));
}

/** A comparison of what is given, before a model of it was opened. Points of the one before stay at hand. */
export async function newRecord(): Promise<KeptFrontier> {
  const view = useFrontier.getState();
  const { settings, dataTitle } = getApp();
  const models = pickedModels(view).filter((one): one is FrontierModel => one !== null);
  const { kept } = view;
  const asBefore = kept !== null && usesKeptRows(view);
  const rows = asBefore ? kept.given.rows : await rowsOfPage(view.heldOut);
  return {
    ...{ version: 1, title: asBefore ? kept.title : dataTitle, began: new Date().toISOString(), done: false },
    given: { models, settings, rows, enough: view.enough.trim(), stopAtFirst: view.stopAtFirst },
    ...{ surveyed: [], candidates: [], refused: [], skipped: [] },
    ...{ points: kept?.points ?? [], about: kept?.about ?? null },
    ...{ result: null, left: 0, device: '', notes: [] },
  };
}

/** The open rows as files of lines, with a quarter of them held out where no others are. */
async function rowsOfPage(heldOut: File | null): Promise<FrontierRows> {
  const { dataChoice, settings, data } = getApp();
  const mapping = dataChoice?.mapping;
  const whole = await (await worker()).dataAsJsonLines();
  const sample = dataChoice?.kind === 'sample' ? `public/samples/${dataChoice.file}` : null;
  const files = heldOut
    ? { train: new File([whole], 'rows.jsonl'), heldOut }
    : filesOf(splitLines(await whole.text(), settings.seed));
  return {
    ...files,
    ...(mapping && { mapping }),
    sha256: { train: await hashOf(files.train), heldOut: await hashOf(files.heldOut) },
    split: heldOut === null,
    flag: heldOut ? (sample ?? data?.name ?? 'rows.jsonl') : files.train.name,
  };
}

function filesOf({ train, heldOut }: { train: string; heldOut: string }) {
  return { train: new File([train], 'rows.jsonl'), heldOut: new File([heldOut], 'held-out.jsonl') };
}

/** Lines to train on and lines to hold out, by the seed. */
export function splitLines(text: string, seed: number): { train: string; heldOut: string } {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const places = heldOutSplit(lines.length, HELD_OUT, seed);
  const joined = (some: Uint32Array) => [...some].map((i) => `${lines[i]}\n`).join('');
  return { train: joined(places.train), heldOut: joined(places.heldOut) };
}

async function hashOf(file: File): Promise<string> {
  return bytesToHex(sha256(new Uint8Array(await file.arrayBuffer())));
}

/** A point as far as it is trained and measured by what decides it now. */
export function keptPoint({ decides }: FrontierCandidate): KeptPoint | null {
  return keptNow().points.find((one) => same(one.decides, decides)) ?? null;
}

export function keepPoint(point: KeptPoint): Promise<void> {
  const others = keptNow().points.filter((one) => !same(one.decides, point.decides));
  return change({ points: [...others, point] });
}

/**
 * Once every model was weighed: leaves out the points that something else decides by now, and says of those that are asked for
 * still why they are measured again. What another list of models had stays, for when it is asked for again.
 */
export async function dropOthers(): Promise<void> {
  const { candidates, points } = keptNow();
  const notes: string[] = [];
  const kept = points.filter(({ decides, point }) => {
    if (candidates.some((one) => same(one.decides, decides))) return true;
    if (!point) return false;
    const now = candidates.find((one) => named(one) === named(point));
    if (!now) return true;
    notes.push(`${named(now)} is measured again: ${differences(decides, now.decides)} differ from before.`);
    return false;
  });
  const measured = kept.some(({ point }) => point !== null);
  await change({
    ...{ points: kept, notes },
    about: measured ? keptNow().about : null,
  });
}

/** What is another by now, in a few words. */
function differences(before: Record<string, unknown>, now: Record<string, unknown>): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const differ = names.filter((name) => !same(before[name], now[name]));
  const [last, ...others] = differ.slice(0, MOST_NAMED).reverse();
  const named = others.length > 0 ? `${others.reverse().join(', ')} and ${last}` : last;
  const more = differ.length - MOST_NAMED;
  return more > 0 ? `${named} and ${plural(more, 'other setting')}` : named;
}

const MOST_NAMED = 3;

/** @throws UserError `no-model` where no point can be measured at all */
export function needCandidates(): void {
  const { candidates, refused } = keptNow();
  if (candidates.length > 0) return;
  throw new UserError(
    'no-model',
    `None of the models could be opened. ${[...new Set(refused.map(({ reason }) => reason))].join(' ')}`,
  );
}
