// The benchmark in Node on Dawn, from a folder that holds this file, table.mjs, bench.mjs (the bundle) and, in a folder
// named by the platform, the npm package webgpu's dawn.node. Made by `npm run bench:bundle`; needs Node and nothing else.
//
//     node main.mjs [--only kernels|steps|peers|tiles] [--quick] [--json]
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { benchTable } from './table.mjs';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** @returns {never} */
function fail(/** @type {number} */ status, /** @type {string} */ sentence) {
  console.error(sentence);
  process.exit(status);
}

function flags() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', default: 'all' },
        quick: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        bundle: { type: 'string', default: join(folder, 'bench.mjs') },
        addon: { type: 'string', default: join(folder, `${process.platform}-${process.arch}`, 'dawn.node') },
      },
    });
    if (!['all', 'kernels', 'steps', 'peers', 'tiles'].includes(values.only))
      throw new Error('--only: must be one of kernels, steps, peers, tiles.');
    return values;
  } catch (error) {
    return fail(2, error instanceof Error ? error.message : String(error));
  }
}

const { only, quick, json, bundle, addon } = flags();
if (!existsSync(addon))
  fail(
    2,
    `There is no ${addon}: copy the folder of this platform there from the npm package webgpu (its folder dist).`,
  );
// The heap is measured after forced collections.
setFlagsFromString('--expose-gc');
Object.assign(globalThis, { gc: runInNewContext('gc') });
const matrices = process.env.LOWRANK_MATRICES === '1';
try {
  const { benchInDawn } = await import(pathToFileURL(bundle).href);
  const result = await benchInDawn(addon, { only, quick, matrices }, (/** @type {string} */ line) =>
    console.error(line),
  );
  const text = json ? JSON.stringify(result) : benchTable(result);
  process.stdout.write(`${text}\n`, () => process.exit(0));
} catch (error) {
  if (process.env.LOWRANK_DEBUG && error instanceof Error) console.error(error.stack);
  const message = error instanceof Error ? error.message : String(error);
  fail(message.startsWith('no-adapter: ') ? 3 : 1, message.replace(/^no-adapter: /, ''));
}
