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
const MEASURED_MS = { hardware: 6, software: 10 };
/** All sites together; what is not tuned by then takes what won for the operation at another shape. */
const BUDGET_MS = { hardware: 1800, software: 4000 };
/** Rows that are timed in software: whole tiles of every variant, else those with small tiles win unjustly. */
const SOFTWARE_ROWS = 32;
/** Most floating-point operations of those rows; a site with more keeps its preferred variant. */
const SOFTWARE_FLOPS = 3e8;
/** In software compiling takes longer than timing: only the preferred variants compete. */
const SOFTWARE_VARIANTS = 2;

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
  const winners = new Map<string, string>();
  try {
    for (const site of sites) {
      if (site.key in choices) continue;
      const names = site.variants
        .filter((name) => trusted(site.op, name))
        .slice(0, gpu.software ? SOFTWARE_VARIANTS : undefined);
      if (names.length === 0)
        throw new Error(`no variant of ${site.key} computes the right numbers on this adapter`);
      if (names.length === 1 || performance.now() - begin > budget) {
        const winner = winners.get(site.op);
        found[site.key] = winner !== undefined && names.includes(winner) ? winner : names[0];
        continue;
      }
      found[site.key] = await fastest(site, names, tuning, dims);
      winners.set(site.op, found[site.key]);
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
  const build = async (name: string) => {
    const builder = new ProgramBuilder(tuning.gpu, tuning.pipelines, dims, tuning.scratch, {
      [site.key]: name,
    });
    site.emit(builder);
    return { name, program: await builder.build(), repeats: 1, best: Number.POSITIVE_INFINITY };
  };
  const { software } = tuning.gpu;
  const preferred = await build(names[0]);
  const most = Math.min(tuning.rows(site.dims), site.mostRows ?? Number.POSITIVE_INFINITY);
  const rows = software ? Math.min(most, SOFTWARE_ROWS) : most;
  if (software && flopsOf(preferred.program, rows) > SOFTWARE_FLOPS) return names[0];
  const programs = [preferred, ...(await Promise.all(names.slice(1).map(build)))];
  dims.write(Array.from({ length: tuning.slots }, () => dimsOf(rows)));
  for (const one of programs) {
    // The first run pays for what the driver does late; the second says how many make a measurement.
    const once = await time(tuning.gpu, one.program, 1);
    const again = Math.min(once, await time(tuning.gpu, one.program, 1));
    const wanted = MEASURED_MS[software ? 'software' : 'hardware'] / Math.max(again, 0.02);
    one.repeats = Math.max(1, Math.min(200, Math.round(wanted)));
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const one of programs)
      one.best = Math.min(one.best, (await time(tuning.gpu, one.program, one.repeats)) / one.repeats);
  let chosen = programs[0];
  for (const one of programs) if (one.best * CLEARLY < chosen.best) chosen = one;
  return chosen.name;
}

function flopsOf(program: Program, rows: number): number {
  const dims = dimsOf(rows);
  return program.items.reduce(
    (sum, item) => sum + ('dispatch' in item ? (item.dispatch.flops?.(dims) ?? 0) : 0),
    0,
  );
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
