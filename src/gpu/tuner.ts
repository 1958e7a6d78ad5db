import type { Dims } from '../ops/dims.ts';
import type { Gpu } from './device.ts';
import { fastest } from './fastest.ts';
import { DimsSlots, type Pipelines, Program, ProgramBuilder, type Scratch } from './launcher.ts';
import type { Site } from './program.ts';

/**
 * Which variant of an operation is fastest depends on the GPU, the driver and the shape, and no table knows it: so
 * the candidates are timed on this adapter, at the shapes of the run, those that compute most first.
 *
 * Timing is by the wall clock around whole submits: timestamps are rounded to 100 µs in browsers, and not every
 * device has them.
 */

/** How much longer the repeats of a measurement take than a single run. */
const ENOUGH_MS = { hardware: 8, software: 10 };
/** All sites together; what is not timed by then takes what won for the operation at the nearest shape. */
const BUDGET_MS = { hardware: 1800, software: 4000 };
/** A GPU at rest is slow: it computes for so long before anything is timed. */
const SPIN_MS = 60;
/** Where the end of nothing much is heard so late (Firefox looks every 100 ms), no variant can be told from another. */
const COARSE_MS = 25;
/** Most floating-point operations of one run on hardware: of larger products fewer rows are timed. */
const MOST_FLOPS = 2e10;
/** But no fewer than a tile of any variant has. */
const LEAST_ROWS = 128;
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
  rows: DimsSlots['mostRows'];
  slots: number;
  choices: Readonly<Record<string, string>>;
  /** Whether a variant gave the right numbers on this adapter. */
  trusted: (op: string, variant: string) => boolean;
}

/** A site whose variant is to be chosen. */
interface Contest {
  site: Site;
  /** Variants that compete, preferred ones first. */
  names: string[];
  /** Rows that are timed. */
  rows: number;
  /** Operations of all rows. */
  flops: number;
  build: (name: string) => Promise<Program>;
}

/** @returns the choice by key of every site that was not in `choices` */
export async function tune(sites: readonly Site[], tuning: Tuning): Promise<Record<string, string>> {
  const dims = new DimsSlots(tuning.gpu, tuning.slots, tuning.rows);
  try {
    const open = new Map(sites.filter(({ key }) => !(key in tuning.choices)).map((site) => [site.key, site]));
    const contests = [...open.values()].map((site) => contestOf(site, tuning, dims));
    return await decide(
      contests.sort((a, b) => b.flops - a.flops),
      tuning.gpu,
      dims,
    );
  } finally {
    tuning.gpu.memory.free(dims.view.buffer);
  }
}

function contestOf(site: Site, { gpu, pipelines, scratch, trusted }: Tuning, dims: DimsSlots): Contest {
  const names = site.variants
    .filter((name) => trusted(site.op, name))
    .slice(0, gpu.software ? SOFTWARE_VARIANTS : undefined);
  if (names.length === 0)
    throw new Error(`no variant of ${site.key} computes the right numbers on this adapter`);
  const emitted = (name: string) => {
    const builder = new ProgramBuilder(gpu, pipelines, dims, scratch, { [site.key]: name });
    site.emit(builder);
    return builder;
  };
  const preferred = emitted(names[0]);
  const flopsOf = (count: number) => preferred.flops(dimsOf(count));
  const most = Math.min(dims.mostRows(site.dims) ?? 1, site.mostRows ?? Number.POSITIVE_INFINITY);
  let rows = gpu.software ? Math.min(most, SOFTWARE_ROWS) : most;
  if (gpu.software && flopsOf(rows) > SOFTWARE_FLOPS) names.length = 1;
  while (rows > LEAST_ROWS && flopsOf(rows) > MOST_FLOPS)
    rows = LEAST_ROWS * Math.ceil(rows / 2 / LEAST_ROWS);
  return { site, names, rows, flops: flopsOf(most), build: (name) => emitted(name).build() };
}

async function decide(
  contests: readonly Contest[],
  gpu: Gpu,
  dims: DimsSlots,
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const open: Contest[] = [];
  for (const contest of contests) {
    const { site, names } = contest;
    if (names.length > 1) open.push(contest);
    else found[site.key] = names[0];
  }
  const timedOf = async (contest: Contest) => {
    const programs = await Promise.all(contest.names.map(contest.build));
    return programs.map((program) => (repeats: number) => time(gpu, dims, contest.rows, program, repeats));
  };
  // Compilers work side by side; in software they are as slow as what they compile, so that only as much as there is
  // time for is compiled.
  const timed = gpu.software ? [] : await Promise.all(open.map(timedOf));
  const kind = gpu.software ? 'software' : 'hardware';
  const coarse =
    !gpu.software && open.length > 0 && (await heardLate(timed[0][0], timed[open.length - 1][0]));
  const begin = performance.now();
  const late = () => coarse || performance.now() - begin > BUDGET_MS[kind];

  const winners: { contest: Contest; name: string }[] = [];
  const left: Contest[] = [];
  for (const [i, contest] of open.entries()) {
    const place = late()
      ? null
      : await fastest(timed[i] ?? (await timedOf(contest)), { enoughMs: ENOUGH_MS[kind], late });
    if (place === null) left.push(contest);
    else winners.push({ contest, name: contest.names[place] });
  }
  for (const { contest, name } of winners) found[contest.site.key] = name;
  for (const contest of left) found[contest.site.key] = nearest(contest, winners) ?? contest.names[0];
  return found;
}

/** What won for the same operation where it computes most nearly as much. */
function nearest(
  { site, names, flops }: Contest,
  winners: readonly { contest: Contest; name: string }[],
): string | undefined {
  const distance = (other: Contest) => Math.abs(Math.log(Math.max(1, other.flops) / Math.max(1, flops)));
  return winners
    .filter(({ contest, name }) => contest.site.op === site.op && names.includes(name))
    .sort((a, b) => distance(a.contest) - distance(b.contest))[0]?.name;
}

/** Lets the GPU raise its clock by the largest work; then whether even the end of the smallest is heard late. */
async function heardLate(
  largest: (repeats: number) => Promise<number>,
  smallest: (repeats: number) => Promise<number>,
): Promise<boolean> {
  const begin = performance.now();
  for (let repeats = 1; performance.now() - begin < SPIN_MS; repeats = Math.min(64, 2 * repeats))
    await largest(repeats);
  return Math.min(await smallest(1), await smallest(1)) > COARSE_MS;
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

/** Milliseconds from the submit of a program, repeated in one pass, until its end is heard. */
async function time(
  gpu: Gpu,
  dims: DimsSlots,
  rows: number,
  { items }: Program,
  repeats: number,
): Promise<number> {
  dims.write(Array.from({ length: dims.count }, () => dimsOf(rows)));
  const repeated = new Program(gpu, dims, Array.from({ length: repeats }, () => items).flat());
  for (const _ of repeated.parts());
  const begin = performance.now();
  gpu.stream.submit();
  await gpu.device.queue.onSubmittedWorkDone();
  return performance.now() - begin;
}
