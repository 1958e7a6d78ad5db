import type { Gpu } from './device.ts';
import { DimsSlots, type Pipelines, type Program, ProgramBuilder, type Scratch } from './launcher.ts';
import type { Dims, Site } from './program.ts';

/**
 * Which variant of an operation is fastest depends on the GPU, the driver and the shape, and no table knows it: so
 * the candidates are timed on this adapter, at the shapes of the run. Rounds take turns, since clocks move, and the
 * minimum counts. One that is not clearly faster than a variant listed before it is not taken, so that the choice
 * is the same next time where it does not matter.
 *
 * Timing is by the wall clock around whole submits: timestamps are rounded to 100 µs in browsers.
 */

/** A later variant must be this much faster. */
const CLEARLY = 1.05;
const ROUNDS = 2;
/** Time that one measurement should take: long against the clock's noise and a submit's own cost. */
const HARDWARE_MS = 6;
/** All sites together; what is not tuned by then keeps its preferred variant. */
const BUDGET_MS = { hardware: 1800, software: 4000 };
/** Most floating-point operations of one dispatch that is timed in software. */
const SOFTWARE_FLOPS = 1.2e7;

export interface Tuning {
  gpu: Gpu;
  pipelines: Pipelines;
  scratch: Scratch;
  /** Largest rows by dims slot, and how many slots there are. */
  rows: (slot: number) => number;
  slots: number;
  choices: Readonly<Record<string, string>>;
  /** Whether a variant gave the right numbers on this adapter. */
  trusted: (op: string, variant: string) => boolean;
}

/** @returns the choice by key of every site that was not in `choices` */
export async function tune(sites: readonly Site[], tuning: Tuning): Promise<Record<string, string>> {
  const { gpu, choices, trusted } = tuning;
  const begin = performance.now();
  const budget = BUDGET_MS[gpu.software ? 'software' : 'hardware'];
  const found: Record<string, string> = {};
  const dims = new DimsSlots(gpu, tuning.slots);
  try {
    for (const site of sites) {
      if (site.key in choices) continue;
      const names = site.variants.filter((name) => trusted(site.op, name));
      if (names.length === 0)
        throw new Error(`no variant of ${site.key} computes the right numbers on this adapter`);
      found[site.key] =
        names.length === 1 || performance.now() - begin > budget
          ? names[0]
          : await fastest(site, names, tuning, dims);
    }
  } finally {
    gpu.memory.free(dims.view.buffer);
  }
  return found;
}

async function fastest(
  site: Site,
  names: readonly string[],
  tuning: Tuning,
  dims: DimsSlots,
): Promise<string> {
  const programs = await Promise.all(
    names.map(async (name) => {
      const builder = new ProgramBuilder(tuning.gpu, tuning.pipelines, dims, tuning.scratch, {
        [site.key]: name,
      });
      site.emit(builder);
      return { name, program: await builder.build(), repeats: 1, best: Number.POSITIVE_INFINITY };
    }),
  );
  const rows = timedRows(programs[0].program, site, tuning);
  dims.write(Array.from({ length: tuning.slots }, () => dimsOf(rows)));
  for (const one of programs) {
    const once = await time(tuning.gpu, one.program, 1);
    if (!tuning.gpu.software) {
      // The first run pays for what the driver does late; the second says how many make a measurement.
      const again = Math.min(once, await time(tuning.gpu, one.program, 1));
      one.repeats = Math.max(1, Math.min(200, Math.round(HARDWARE_MS / Math.max(again, 0.02))));
    }
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const one of programs)
      one.best = Math.min(one.best, (await time(tuning.gpu, one.program, one.repeats)) / one.repeats);
  let chosen = programs[0];
  for (const one of programs) if (one.best * CLEARLY < chosen.best) chosen = one;
  return chosen.name;
}

/** The run's own rows on hardware; in software as many as take a few milliseconds. */
function timedRows(program: Program, site: Site, tuning: Tuning): number {
  const most = tuning.rows(site.dims);
  if (!tuning.gpu.software) return most;
  const flops = (rows: number) =>
    program.items.reduce(
      (sum, item) => sum + ('dispatch' in item ? (item.dispatch.flops?.(dimsOf(rows)) ?? 0) : 0),
      0,
    );
  return Math.max(1, Math.min(most, Math.floor(SOFTWARE_FLOPS / Math.max(1, flops(1)))));
}

function dimsOf(rows: number): Dims {
  return {
    rows,
    batch: 1,
    length: rows,
    start: 0,
    offset: 0,
    supervised: rows,
    step: 1,
    seed: 0,
    scale: 1 / rows,
    strength: 1,
    micro: 0,
  };
}

async function time(gpu: Gpu, program: Program, repeats: number): Promise<number> {
  const begin = performance.now();
  for (let i = 0; i < repeats; i++) for (const _ of program.parts());
  gpu.stream.submit();
  await gpu.device.queue.onSubmittedWorkDone();
  return performance.now() - begin;
}
