import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { ensureLlamaCpp } from './llama-cpp.mjs';
import { probabilityError, softmax } from './probabilities.mjs';
import { lowrank, modelOf, run, script } from './run.mjs';

const TOKENS = 8;

/**
 * One adapter, exported for every program, and what the programs make of it: next-token probabilities and greedy
 * tokens of llama.cpp, logits of mlx-lm, beside ours. The base alone must be far from it, or nothing was shown.
 *
 * @param {import('../../tests/parity/cases.mjs').Programs} entry
 * @param {string} python
 * @param {string} folder
 * @param {(line: string) => void} say
 */
export async function programs(entry, python, folder, say) {
  const { model } = await modelOf(entry.model, python, folder);
  const place = (/** @type {string} */ name) => join(folder, name);
  const common = ['--model', model, '--device', 'wasm'];
  const training = ['train', ...common, '--data', join(ROOT, entry.data), '--targets', 'all', '--rank', '5'];
  await lowrank(...training, '--alpha', '7', '--lr', '1e-2', '--steps', '30', '--out', place('adapter'));
  await lowrank(...training, '--steps', '0', '--out', place('untrained'));
  const files = {
    gguf: ['gguf', 'adapter'],
    'base.gguf': ['merged-gguf', 'untrained', 'f32'],
    'merged-f32.gguf': ['merged-gguf', 'adapter', 'f32'],
    'merged-f16.gguf': ['merged-gguf', 'adapter', 'f16'],
    mlx: ['mlx', 'adapter'],
    merged: ['merged', 'adapter', 'f32'],
    // mlx-lm reads only the older form of the rotary settings, which transformers no longer writes; we write both.
    base: ['merged', 'untrained', 'f32'],
  };
  for (const [name, [format, adapter, dtype]] of Object.entries(files)) {
    const how = ['--format', format, ...(dtype ? ['--dtype', dtype] : [])];
    const exported = ['export', '--model', model, '--adapter', place(adapter), ...how, '--out', place(name)];
    if (format === 'mlx' && entry.withoutMlx) await refused(exported);
    else await lowrank(...exported);
  }
  const answer = await lowrank(
    ...['generate', ...common, '--adapter', place('adapter'), '--prompt', 'What is a cup?'],
    ...['--max-tokens', String(TOKENS), '--logits', place('logits.json')],
  );
  const { input_ids: ids, logits } = JSON.parse(readFileSync(place('logits.json'), 'utf8'));
  const jobs = [
    { model: place('base.gguf'), ids, tokens: 1 },
    { model: place('base.gguf'), lora: place('gguf'), ids, tokens: TOKENS },
    { model: place('merged-f32.gguf'), ids, tokens: TOKENS },
    { model: place('merged-f16.gguf'), ids, tokens: TOKENS },
  ];
  writeFileSync(place('jobs.json'), JSON.stringify(jobs));
  const llama = join(ROOT, 'tests/parity/llama_cpp.mjs');
  const output = await run(process.execPath, [llama, ensureLlamaCpp(say), place('jobs.json')]);
  const [without, adapted, merged, half] = JSON.parse(output.trim().split('\n').at(-1) ?? '').results;
  const ours = softmax(logits);
  const same = (/** @type {{ greedy: number[] }} */ { greedy }) =>
    answer.output_ids.every((/** @type {number} */ id, /** @type {number} */ i) => id === greedy[i]);
  return {
    ...(entry.withoutMlx
      ? {}
      : await script(python, 'run_mlx.py', [
          ...['--base', place('base'), '--adapter', place('mlx'), '--merged', place('merged')],
          ...['--logits', place('logits.json')],
        ])),
    gguf_error: probabilityError(ours, adapted),
    merged_gguf_error: probabilityError(ours, merged),
    base_gguf_error: probabilityError(ours, without),
    greedy_equal: [adapted, merged, half].every(same) && answer.output_ids.length > 0,
  };
}

/** The command must refuse, with the reason. @param {string[]} args */
async function refused(args) {
  const outcome = await lowrank(...args).then(
    () => 'was written',
    (/** @type {Error} */ { message }) => message,
  );
  if (!outcome.includes('mlx-lm')) throw new Error(`An MLX adapter was to be refused: ${outcome}`);
}

/**
 * llama.cpp within 2 %, mlx-lm within 5e-3, and the adapter made a difference of at least ten times that.
 * @param {any} result
 * @param {import('../../tests/parity/cases.mjs').Programs} entry
 */
export function programsAgree(result, { withoutMlx }) {
  return (
    result.greedy_equal &&
    result.gguf_error <= 0.02 &&
    result.merged_gguf_error <= 0.02 &&
    result.base_gguf_error >= 0.2 &&
    (withoutMlx ||
      (result.mlx_error <= 5e-3 && result.mlx_merged_error <= 5e-3 && result.mlx_base_error >= 5e-2))
  );
}
