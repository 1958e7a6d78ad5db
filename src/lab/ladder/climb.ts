import type { MeasuredRung } from './measure.ts';
import { LADDER, type Need, type Rung, type RungName } from './rungs.ts';

/** What training took and cost; on the general rows, what the base loses and what the adapter does. */
export interface Training {
  /** Null of an adapter that was brought. */
  train_seconds: number | null;
  memory_bytes: number | null;
  elsewhere_before: number | null;
  elsewhere_after: number | null;
}

/** What a rung came to, with its training where it has one: whole, so that it need not be measured again. */
export interface KeptRung extends MeasuredRung, Partial<Training> {}

/** What there is to climb with. */
export interface Climbing {
  rungs: readonly RungName[];
  has: Readonly<Record<Exclude<Need, 'kinds'>, boolean> & { kinds?: boolean }>;
  /** A rung that was measured before. */
  kept(name: RungName): KeptRung | null;
  /** With its training, where it does that by itself. */
  measure(name: RungName): Promise<KeptRung>;
  /** Trains the adapter, or takes the one that was trained before: asked for once, before the first rung that needs it. */
  train(): Promise<Training>;
  /** Told of each rung that is measured now: its place among those that can be, from 1. */
  onBegin?(name: RungName, place: number, of: number): void;
  /** Told of each rung as soon as it is measured; the next one waits for it. */
  onRung(rung: KeptRung): void | Promise<void>;
}

export interface Skipped {
  name: RungName;
  reason: string;
}

const MISSING: Record<Need, string> = {
  instruction: 'no instruction was given, and no system turn is common to the rows',
  rows: 'no training row has a question and an answer',
  documents: 'no documents were given',
  adapter: 'there is nothing to train',
  kinds: 'the training rows are too few, or too much of one kind, to be taken apart',
};

/** Measures rung after rung, from the cheapest; those that were measured before are taken as they are. */
export async function climb({ rungs, has, kept, measure, train, onBegin, onRung }: Climbing): Promise<{
  measured: KeptRung[];
  skipped: Skipped[];
}> {
  const measured: KeptRung[] = [];
  const skipped: Skipped[] = [];
  let training: Training | null = null;
  const ladder = LADDER.filter(({ name }) => rungs.includes(name));
  const lacks = ({ needs }: Rung) => needs.find((need) => !has[need]);
  const open = ladder.filter((rung) => !lacks(rung));
  for (const rung of ladder) {
    const { name } = rung;
    const missing = lacks(rung);
    if (missing) {
      skipped.push({ name, reason: MISSING[missing] });
      continue;
    }
    const before = kept(name);
    if (before) {
      measured.push(before);
      continue;
    }
    onBegin?.(name, open.indexOf(rung) + 1, open.length);
    const tuned = rung.needs.includes('adapter');
    if (tuned) training ??= await train();
    const one = { ...(await measure(name)), ...(tuned && training) };
    measured.push(one);
    await onRung(one);
  }
  return { measured, skipped };
}
