import type { Source, StoredWeight } from '../../../src/merging/change.ts';
import { readPeft } from '../../../src/methods/peft.ts';
import type { AdapterWeights } from '../../../src/methods/types.ts';
import { parseConfig } from '../../../src/model/families/parse.ts';
import { bytesReader } from '../../../src/weights/range-reader.ts';
import { readSafetensorsHeader } from '../../../src/weights/safetensors.ts';
import { readFixture, readJson } from '../read-fixture.ts';

/** Named whole: a folder’s address is not kept by what serves tests in browsers. */
const CASES = {
  llama: new URL('fixtures/llama/cases.json', import.meta.url),
  gpt2: new URL('fixtures/gpt2/cases.json', import.meta.url),
};
const INTRUDERS = new URL('fixtures/intruders/cases.json', import.meta.url);
/** The folders of adapters, and what is in each. */
const ADAPTERS = { llama: ['a', 'b', 'stable', 'dora', 'ia3'], gpt2: ['a', 'b'] };
const FILES = ['adapter_config.json', 'adapter_model.safetensors'];

/** One merge that scripts/fixtures/merging/make_merges.py made. */
export interface Case {
  way: string;
  sources: string[];
  weights: number[];
  density: number | null;
  rank: number | null;
  /** Of the best approximation of the rank, by module: from all singular values. */
  errors?: Record<string, number>;
}

/** One reduction that scripts/fixtures/merging/make_intruders.py had PEFT make. */
export interface IntruderCase {
  source: string;
  top: number;
  epsilon: number;
  lambda: number;
  /** By module. */
  intruders: Record<string, number>;
}

/** Adapters that PEFT saved, on a small base, and what was made of them elsewhere. */
export async function mergeFixture(name: 'llama' | 'gpt2') {
  const { config, adapters, base, expected } = await savedAdapters(
    CASES[name],
    ADAPTERS[name],
    name === 'llama',
  );
  const stored: StoredWeight = async ({ path }) => Float32Array.from(base!.get(`${path}.weight`)!);
  const { seed, cases } = await readJson<{ seed: number; cases: Case[] }>(CASES[name]);
  const sources = ({ sources: names, weights }: Pick<Case, 'sources' | 'weights'>): Source[] =>
    names.map((which, i) => ({ name: which, weights: adapters.get(which)!, weight: weights[i] }));
  return { config, adapters, stored, seed, cases, sources, expected };
}

/** The same of what PEFT leaves of intruder dimensions. */
export async function intruderFixture() {
  const { config, adapters, base, expected } = await savedAdapters(INTRUDERS, ['a', 'stable'], true);
  const stored: StoredWeight = async ({ path }) => Float32Array.from(base!.get(`${path}.weight`)!);
  const { cases } = await readJson<{ cases: IntruderCase[] }>(INTRUDERS);
  return { config, adapters, stored, cases, expected };
}

async function savedAdapters(cases: URL, names: readonly string[], hasBase: boolean) {
  const folder = new URL('.', cases);
  const read = (path: string) => readFixture(new URL(path, folder));
  const config = parseConfig(await readJson(new URL('base_config.json', folder)));
  const tensors = async (path: string) => {
    const bytes = await read(path);
    const { tensors } = await readSafetensorsHeader(bytesReader(path, bytes));
    return new Map(
      [...tensors].map(([key, { begin, end, dtype }]) => {
        const { buffer } = bytes.slice(begin, end);
        return [
          key,
          dtype === 'F64' ? new Float64Array(buffer) : Float64Array.from(new Float32Array(buffer)),
        ];
      }),
    );
  };
  const adapters = new Map<string, AdapterWeights>();
  for (const which of names) {
    const files = FILES.map(async (path) => ({ path, bytes: await read(`${which}/${path}`) }));
    adapters.set(which, await readPeft(await Promise.all(files), config));
  }
  const base = hasBase ? await tensors('base.safetensors') : null;
  return { config, adapters, base, expected: await tensors('expected.safetensors') };
}

/** BA [out, in] of a merged adapter in float64. */
export function productAt(
  { settings, values }: AdapterWeights,
  { path, in: width, out }: { path: string; in: number; out: number },
): Float64Array {
  const rank = 'rank' in settings ? settings.rank : 0;
  const [a, b] = ['lora_A', 'lora_B'].map((part) => values.get(`${path}.${part}`)!);
  return Float64Array.from({ length: out * width }, (_, i) => {
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[Math.floor(i / width) * rank + r] * a[r * width + (i % width)];
    return sum;
  });
}

/** ‖x − y‖ / ‖y‖. */
export function apart(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let [distance, norm] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    distance += (x[i] - y[i]) ** 2;
    norm += y[i] ** 2;
  }
  return Math.sqrt(distance / norm);
}
