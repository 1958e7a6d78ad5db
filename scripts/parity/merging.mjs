import { mkdirSync, openAsBlob, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { importTypeScript } from '../typescript.mjs';
import { run } from './run.mjs';

/**
 * Every way to merge, beside PEFT's add_weighted_adapter and mergekit's definitions, on adapters that PEFT saved; PEFT
 * loads what comes of it.
 * @param {string} python
 * @param {string} folder
 * @returns {Promise<{ merges: number, delta_error: number, rank_error: number, logit_error: number }>} the worst of all:
 *   ‖ΔW − theirs‖ / ‖theirs‖, the stated error of a rank against that by all singular values, and logits
 */
export async function merging(python, folder) {
  const script = join(ROOT, 'tests/parity/merging.py');
  const { models } = lastObject(await run(python, [script, 'make', '--out', folder]));
  for (const model of models) await mergesOf(join(folder, model));
  /** @type {Record<string, { merges: number, delta_error: number, rank_error: number, logit_error: number }>} */
  const compared = lastObject(await run(python, [script, 'compare', '--out', folder]));
  const each = Object.values(compared);
  const worst = (/** @type {'delta_error' | 'rank_error' | 'logit_error'} */ key) =>
    Math.max(...each.map((one) => one[key]));
  return {
    merges: each.reduce((sum, { merges }) => sum + merges, 0),
    delta_error: worst('delta_error'),
    rank_error: worst('rank_error'),
    logit_error: worst('logit_error'),
  };
}

function lastObject(/** @type {string} */ output) {
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

/** Makes the merges of a model's cases.json, each in a folder of its number. */
async function mergesOf(/** @type {string} */ folder) {
  const { openFolder, parseConfig, readPeft, writePeft, mergeAdapters, wayOf, startBase } = await sources();
  const base = join(folder, 'base');
  const files = await Promise.all(
    readdirSync(base).map(async (name) => ({
      path: `base/${name}`,
      blob: await openAsBlob(join(base, name)),
    })),
  );
  const source = await openFolder(withTokenizer(files));
  const config = parseConfig(source.config, source.tensors, source.generationConfig);
  const { stored } = startBase({ model: { source, config }, data: null }, 'auto');
  const { seed, cases } = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8'));
  for (const [i, one] of cases.entries()) {
    const way = wayOf(one.way);
    const from = await Promise.all(
      one.sources.map(async (/** @type {string} */ name, /** @type {number} */ k) => ({
        name,
        weight: one.weights[k],
        weights: await readPeft(
          readdirSync(join(folder, name)).map((path) => ({
            path,
            bytes: readFileSync(join(folder, name, path)),
          })),
          config,
        ),
      })),
    );
    const { weights, errors } = await mergeAdapters({
      sources: from,
      config,
      stored,
      options: {
        way,
        ...(way.takes.rank && one.rank !== null && { rank: one.rank }),
        ...(one.density !== null && { density: one.density }),
        ...(way.takes.seed && { seed }),
      },
    });
    const out = join(folder, 'merged', String(i));
    mkdirSync(out, { recursive: true });
    for (const { path, bytes } of writePeft(weights, config, { id: base, revision: null }))
      writeFileSync(join(out, path), bytes);
    const byModule = errors.map(
      (/** @type {{ module: string, relative: number | null }} */ { module, relative }) => [module, relative],
    );
    writeFileSync(join(out, 'errors.json'), JSON.stringify(Object.fromEntries(byModule)));
  }
}

/** A model's folder has one, and nothing here reads it. */
function withTokenizer(/** @type {{ path: string, blob: Blob }[]} */ files) {
  return [
    ...files,
    { path: 'base/tokenizer.json', blob: new Blob(['{"model":{"type":"BPE","vocab":{},"merges":[]}}']) },
  ];
}

async function sources() {
  const modules = await Promise.all(
    [
      'src/weights/folder.ts',
      'src/model/families/parse.ts',
      'src/methods/peft.ts',
      'src/merging/merge.ts',
      'src/merging/list.ts',
      'src/worker/compute/start-base.ts',
    ].map(importTypeScript),
  );
  return /** @type {any} */ (Object.assign({}, ...modules));
}
