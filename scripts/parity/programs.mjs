import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { ensureLlamaCpp } from './llama-cpp.mjs';
import { probabilityError, softmax } from './probabilities.mjs';
import { flagsOf, lowrank, modelOf, run, script } from './run.mjs';

const TOKENS = 8;

/**
 * A made model's adapter, trained until it is far from the base, and its exports in every program.
 *
 * @param {import('../../tests/parity/cases.mjs').Programs} entry
 * @param {string} python
 * @param {string} folder
 * @param {(line: string) => void} say
 */
export async function programs(entry, python, folder, say) {
  const { model } = await modelOf(entry.model, python, folder);
  const place = (/** @type {string} */ name) => join(folder, name);
  const data = join(ROOT, entry.data);
  const training = ['train', '--model', model, '--device', 'wasm', '--data', data, '--targets', 'all'];
  const settings = ['--rank', '5', '--alpha', '7', '--lr', '1e-2', ...flagsOf(entry.flags ?? {})];
  await lowrank(...training, ...settings, '--steps', '30', '--out', place('trained'));
  await lowrank(...training, ...settings, '--steps', '0', '--out', place('initial'));
  const asking = ['--prompt', 'What is a cup?'];
  const { withoutMlx, withoutGguf } = entry;
  const dtypes = /** @type {const} */ (['f32', 'f16']);
  return exportsOf(
    { model, folder, asking, gguf: null, dtypes: [...dtypes], withoutMlx, withoutGguf },
    python,
    say,
  );
}

/**
 * One adapter, exported for every program, and what the programs make of it: next-token probabilities and greedy
 * tokens of llama.cpp, logits of mlx-lm, beside ours. The base alone must be far from it, or nothing was shown.
 *
 * @param {object} what
 * @param {string} what.model What `--model` is given.
 * @param {string} what.folder It holds `trained` and `initial`, the adapter and how it began.
 * @param {string[]} what.asking Flags of `generate`.
 * @param {string | null} what.gguf The base as it was opened, where that is a GGUF file: the adapter is tried beside it too. There
 *   llama.cpp rounds what goes into quantised blocks to 8 bits, as its processor's instructions have it, so that tokens which
 *   are close may change places: it is held to how much nearer to ours the adapter brings it. Other figures are of our
 *   export of the base.
 * @param {('f32' | 'f16')[]} what.dtypes Of the merged exports; mlx-lm is given the first.
 * @param {boolean} [what.withoutMlx] The adapter for mlx-lm must be refused.
 * @param {boolean} [what.withoutGguf] The adapter for llama.cpp must be refused.
 * @param {string} python
 * @param {(line: string) => void} say
 */
export async function exportsOf(
  { model, folder, asking, gguf, dtypes, withoutMlx = false, withoutGguf = false },
  python,
  say,
) {
  const place = (/** @type {string} */ name) => join(folder, name);
  const [first] = dtypes;
  /** @type {Record<string, string[]>} */
  const files = {
    gguf: ['gguf', 'trained'],
    'base.gguf': ['merged-gguf', 'initial', first],
    ...Object.fromEntries(dtypes.map((dtype) => [`merged-${dtype}.gguf`, ['merged-gguf', 'trained', dtype]])),
    mlx: ['mlx', 'trained'],
    merged: ['merged', 'trained', first],
    // mlx-lm reads only the older form of the rotary settings, which transformers no longer writes; we write both.
    base: ['merged', 'initial', first],
  };
  for (const [name, [format, adapter, dtype]] of Object.entries(files)) {
    const how = ['--format', format, ...(dtype ? ['--dtype', dtype] : [])];
    const exported = ['export', '--model', model, '--adapter', place(adapter), ...how, '--out', place(name)];
    if (format === 'mlx' && withoutMlx) await refused(exported, 'mlx-lm');
    else if (format === 'gguf' && withoutGguf) await refused(exported, 'GGUF adapter');
    else await lowrank(...exported);
  }
  const answer = await lowrank(
    ...['generate', '--model', model, '--device', 'wasm', '--adapter', place('trained'), ...asking],
    ...['--max-tokens', String(TOKENS), '--logits', place('logits.json')],
  );
  const { input_ids: ids, logits } = JSON.parse(readFileSync(place('logits.json'), 'utf8'));
  const base = place('base.gguf');
  const beside = (/** @type {string} */ model) => ({ model, lora: place('gguf'), ids, tokens: TOKENS });
  const jobs = [
    { model: base, ids, tokens: 1 },
    ...(withoutGguf ? [] : [beside(base)]),
    ...dtypes.map((dtype) => ({ model: place(`merged-${dtype}.gguf`), ids, tokens: TOKENS })),
    ...(gguf ? [{ model: gguf, ids, tokens: 1 }, beside(gguf)] : []),
  ];
  writeFileSync(place('jobs.json'), JSON.stringify(jobs));
  const llama = join(ROOT, 'tests/parity/llama_cpp.mjs');
  const output = await run(process.execPath, [llama, ensureLlamaCpp(say), place('jobs.json')]);
  const { results } = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  const [without, ...others] = results;
  const adapted = withoutGguf ? null : others.shift();
  const merged = others.slice(0, dtypes.length);
  const [fileWithout, fileAdapted] = others.slice(dtypes.length);
  const ours = softmax(logits);
  const same = (/** @type {{ greedy: number[] }} */ { greedy }) =>
    answer.output_ids.every((/** @type {number} */ id, /** @type {number} */ i) => id === greedy[i]);
  return {
    ...(withoutMlx
      ? {}
      : await script(python, 'run_mlx.py', [
          ...['--base', place('base'), '--adapter', place('mlx'), '--merged', place('merged')],
          ...['--logits', place('logits.json')],
        ])),
    ...(adapted && { gguf_error: probabilityError(ours, adapted) }),
    merged_gguf_error: probabilityError(ours, merged[0]),
    base_gguf_error: probabilityError(ours, without),
    greedy_equal: [...(adapted ? [adapted] : []), ...merged].every(same) && answer.output_ids.length > 0,
    ...(gguf
      ? {
          file_gguf_error: probabilityError(ours, fileAdapted),
          file_base_error: probabilityError(ours, fileWithout),
        }
      : {}),
  };
}

/**
 * The command must refuse, with the reason.
 * @param {string[]} args
 * @param {string} word Of the reason.
 */
async function refused(args, word) {
  const outcome = await lowrank(...args).then(
    () => 'was written',
    (/** @type {Error} */ { message }) => message,
  );
  if (!outcome.includes(word)) throw new Error(`An adapter was to be refused (${word}): ${outcome}`);
}

/**
 * @typedef {{ gguf: number, merged: number, mlx: number, made: number }} Agreement
 *   Most that llama.cpp with the adapter beside its base, llama.cpp on the merged file, and mlx-lm may differ; `made`: by
 *   how many times as much the base alone must.
 */

/**
 * How many times as far from ours the file alone must be as the file with the adapter, where llama.cpp computes with
 * rounded activations. Measured: 0.15 beside 2.7 (Gemma 3 270M in Q4_K_M).
 */
const IN_FILE = 5;

/** For made models in f32. @type {Agreement} */
export const PROGRAMS = { gguf: 0.02, merged: 0.02, mlx: 5e-3, made: 10 };

export function programsAgree(
  /** @type {any} */ result,
  /** @type {Agreement} */ { gguf, merged, mlx, made },
  withoutMlx = false,
) {
  return (
    result.greedy_equal &&
    (result.gguf_error === undefined || result.gguf_error <= gguf) &&
    result.merged_gguf_error <= merged &&
    result.base_gguf_error >= made * gguf &&
    (result.file_gguf_error === undefined || IN_FILE * result.file_gguf_error <= result.file_base_error) &&
    (withoutMlx ||
      (result.mlx_error <= mlx && result.mlx_merged_error <= mlx && result.mlx_base_error >= made * mlx))
  );
}
