import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from '../paths.mjs';

/** The kernels for WebAssembly (assembly/), compiled. */

const SOURCES = join(ROOT, 'assembly');
const ID = 'virtual:kernels/';

/** Features beside SIMD, by the module's name. */
const VARIANTS = { plain: [], relaxed: ['relaxed-simd'] };

/** @typedef {keyof typeof VARIANTS} Variant */

/** @returns {string[]} */
const sources = () =>
  readdirSync(SOURCES)
    .filter((name) => name.endsWith('.ts'))
    .sort();

/** @type {Map<Variant, Promise<Buffer>>} */
const compiled = new Map();

/**
 * A module for WebAssembly; what was compiled from the same sources before is taken from the cache.
 * @param {Variant} variant
 */
export function compileKernels(variant) {
  const made = compiled.get(variant) ?? compile(variant);
  compiled.set(variant, made);
  return made;
}

/** @param {Variant} variant */
async function compile(variant) {
  const { default: asc } = await import('assemblyscript/asc');
  const hash = createHash('sha256').update(`${asc.version} ${VARIANTS[variant]}`);
  for (const name of sources()) hash.update(name).update(readFileSync(join(SOURCES, name)));
  const folder = join(CACHE, 'kernels');
  const kept = join(folder, `${variant}-${hash.digest('hex').slice(0, 16)}.wasm`);
  try {
    return readFileSync(kept);
  } catch {
    // Not compiled yet.
  }
  const out = `${kept}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  const { error, stderr } = await asc.main([
    join(SOURCES, 'program.ts'),
    ...['--outFile', out, '-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
    ...['--enable', ['simd', ...VARIANTS[variant]].join(',')],
  ]);
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  renameSync(out, kept);
  return readFileSync(kept);
}

/**
 * `import('virtual:kernels/relaxed')` gives the compiled module in base64: text passes through every bundler, and no
 * policy has to allow another fetch.
 * @returns {import('vite').Plugin}
 */
export function kernels() {
  return {
    name: 'lowrank:kernels',
    resolveId: { filter: { id: /^virtual:kernels\// }, handler: (id) => `\0${id}` },
    load: {
      filter: { id: /^\0virtual:kernels\// },
      async handler(id) {
        for (const name of sources()) this.addWatchFile(join(SOURCES, name));
        const code = await compileKernels(/** @type {Variant} */ (id.slice(ID.length + 1)));
        return `export default ${JSON.stringify(code.toString('base64'))};`;
      },
    },
  };
}
