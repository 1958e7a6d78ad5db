import type { Engine } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import type { MergeRecord } from '../../merging/record.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { RunRecord } from '../../run/record.ts';
import type { EngineNeed } from './engine-need.ts';
import { Snapshots } from './snapshots.ts';

/** An adapter to answer with, to measure or to export. */
export interface ShelvedAdapter {
  id: string;
  /** Where it comes from; one that still trains has no weights here, since the engine is changing them. */
  origin: 'file' | 'run' | 'step' | 'training' | 'merge';
  weights: AdapterWeights | null;
  /** Null where it was brought without a `run.json`. */
  record: RunRecord | null;
  /** What it was merged from, where it was. */
  merged?: MergeRecord;
  /** Of a merge, which has no record: whether it is asked without the chat template. */
  mergedRaw?: boolean;
  /** Of a short run beside the person's own, which neither ends the steps of a run nor takes the place of one. */
  aside?: boolean;
  /** The engine that it was trained on, where it was trained here. */
  need: EngineNeed | null;
  /** As it began, of a method that tells how far it has moved from there. */
  begun?: AdapterWeights | null;
  /** What its run's chat template was given as the date; null where it asked for none. */
  date: string | null;
}

export type WholeAdapter = ShelvedAdapter & { weights: AdapterWeights };

/** Runs whose adapters stay, and bytes that they take together; the oldest goes first, the latest never. */
const MOST_RUNS = 8;
const MOST_BYTES = 64e6;
/** Bytes that adapters of files and merges take together: none of them goes unasked. */
const MOST_BROUGHT = 1e9;

/**
 * Every adapter that is at hand, by id: from files, from runs, and as they were at some steps of the latest run. What
 * generates, measures or exports names one.
 */
export class Shelf {
  readonly #adapters = new Map<string, ShelvedAdapter>();
  readonly #snapshots = new Snapshots();
  /** Which adapter an engine holds. A run changes it: of an engine that trains or has trained nothing is known. */
  readonly inPlace = new WeakMap<Engine, string>();
  /** Asked last, or trained since: whose engine is there. */
  #asked: string | null = null;
  /** The run that the snapshots are of. */
  #latest: string | null = null;
  /** Runs whose adapters stay however many follow. */
  readonly #held = new Set<string>();
  #count = 0;

  /** @returns its id @throws UserError `shelf-full` */
  putFile(weights: AdapterWeights, record: RunRecord | null): string {
    this.#needRoom(weights);
    const id = `file-${++this.#count}`;
    this.#adapters.set(id, {
      id,
      origin: 'file',
      weights,
      record,
      need: null,
      date: record?.template_date ?? null,
    });
    return id;
  }

  /** @returns its id @throws UserError `shelf-full` */
  putMerge(
    weights: AdapterWeights,
    merged: MergeRecord,
    { date, raw }: { date: string | null; raw: boolean },
  ): string {
    this.#needRoom(weights);
    const id = `merge-${++this.#count}`;
    this.#adapters.set(id, {
      ...{ id, origin: 'merge', weights, record: null, merged, mergedRaw: raw, need: null, date },
    });
    return id;
  }

  /** One alone is put there however large it is: it is open by then. */
  #needRoom(weights: AdapterWeights): void {
    const others = [...this.#adapters.values()].filter(
      ({ origin }) => origin === 'file' || origin === 'merge',
    );
    const bytes = others.reduce((sum, one) => sum + bytesOf(one), bytesOf({ weights }));
    if (others.length > 0 && bytes > MOST_BROUGHT)
      throw new UserError(
        'shelf-full',
        `Adapters in memory would take ${(bytes / 1e9).toFixed(1)} GB, and at most ${MOST_BROUGHT / 1e9} GB is kept. Those that are there stay. Remove one: in Runs, Merge adapters lists them.`,
      );
  }

  /** A run begins; until it ends its adapter is the engine's. @returns its id */
  beginRun(need: EngineNeed, date: string | null = null, aside = false): string {
    const id = `run-${++this.#count}`;
    if (!aside) {
      this.#snapshots.clear();
      this.#latest = id;
    }
    this.#adapters.set(id, { id, origin: 'training', weights: null, record: null, aside, need, date });
    return id;
  }

  endRun(id: string, weights: AdapterWeights, record: RunRecord, begun: AdapterWeights | null = null): void {
    const before = this.get(id);
    this.#adapters.set(id, { ...before, origin: 'run', weights, record, begun });
    this.#asked = id;
    if (before.aside) return;
    const runs = [...this.#adapters.values()]
      .filter(({ origin, aside }) => origin === 'run' && !aside)
      .reverse();
    let bytes = 0;
    for (const [i, run] of runs.entries()) {
      bytes += bytesOf(run);
      if (i > 0 && (i >= MOST_RUNS || bytes > MOST_BYTES) && !this.#held.has(run.id))
        this.#adapters.delete(run.id);
    }
  }

  /** The adapter of a run as it is at one of its steps. */
  snapshot(step: number, weights: AdapterWeights): void {
    this.#snapshots.take(step, weights);
  }

  /** Steps at which the adapter of a run is at hand: those of the latest, once it has ended. */
  steps(id: string): number[] {
    return id === this.#latest && this.#adapters.get(id)?.origin === 'run' ? this.#snapshots.steps : [];
  }

  /** Whether a step of the latest run is kept already. */
  has(step: number): boolean {
    return this.#snapshots.steps.includes(step);
  }

  /** @throws UserError `no-adapter`, `no-snapshot` */
  get(id: string): ShelvedAdapter {
    const [whose, step] = id.split('@');
    const found = this.#adapters.get(whose);
    if (!found)
      throw new UserError(
        'no-adapter',
        'This adapter is no longer in memory. Nothing was changed. Train again, or open its file.',
      );
    if (step === undefined) return found;
    const weights = this.steps(whose).includes(Number(step)) ? this.#snapshots.at(Number(step)) : null;
    if (weights) return { ...found, id, origin: 'step', weights };
    throw new UserError(
      'no-snapshot',
      `No adapter was kept for step ${step}. The trained one is safe. Choose another step.`,
    );
  }

  /** The same, of one that is whole. @throws UserError `no-adapter`, `no-snapshot`, `busy` */
  whole(id: string): WholeAdapter {
    const found = this.get(id);
    if (found.weights) return { ...found, weights: found.weights };
    throw new UserError(
      'busy',
      'This adapter is still being trained. The run continues. Ask once it has ended.',
    );
  }

  /** Every adapter that is whole, in the order in which they came. */
  get all(): WholeAdapter[] {
    return [...this.#adapters.values()].filter((one): one is WholeAdapter => one.weights !== null);
  }

  /** Keeps the adapter of a run until it is removed: the person has put it in place. */
  hold(id: string): void {
    this.#held.add(id);
  }

  ask(id: string): void {
    this.#asked = id;
  }

  /** The adapter whose engine is there, on which the base alone is asked too; null where it is gone. */
  get asked(): WholeAdapter | null {
    const [whose = ''] = this.#asked?.split('@') ?? [];
    return this.#adapters.get(whose)?.weights ? this.whole(whose) : null;
  }

  remove(id: string): void {
    this.#adapters.delete(id);
    this.#held.delete(id);
    if (id === this.#latest) this.#snapshots.clear();
  }

  clear(): void {
    this.#adapters.clear();
    this.#held.clear();
    this.#snapshots.clear();
    this.#latest = null;
  }
}

/** Whether an adapter was trained without the chat template. */
export function isRaw({ record, mergedRaw }: Pick<ShelvedAdapter, 'record' | 'mergedRaw'>): boolean {
  return record ? record.settings.raw === true : (mergedRaw ?? false);
}

export function bytesOf({ weights }: Pick<ShelvedAdapter, 'weights'>): number {
  return [...(weights?.values.values() ?? [])].reduce((sum, { byteLength }) => sum + byteLength, 0);
}
