import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from '../paths.mjs';

/** The kernels for WebAssembly (assembly/), compiled. */

const SOURCES = join(ROOT, 'assembly');

/** What they are made from. */
export const KERNEL_SOURCES = ['assembly'];
const ID = 'virtual:kernels/';

/** What the engine has to have, by the module's name: instructions beside SIMD, memory that threads share. */
const VARIANTS = {
  plain: { relaxed: false, shared: false },
  relaxed: { relaxed: true, shared: false },
  'shared-plain': { relaxed: false, shared: true },
  'shared-relaxed': { relaxed: true, shared: true },
};

/** A shared memory says how far it may grow: as far as addresses of 32 bits go. */
const SHARED = ['--sharedMemory', '--maximumMemory', '65535'];

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
  const { relaxed, shared } = VARIANTS[variant];
  const options = [
    ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory'],
    // Atomic instructions are valid over a memory of one's own, too.
    ...['--enable', ['simd', 'threads', ...(relaxed ? ['relaxed-simd'] : [])].join(',')],
    ...(shared ? SHARED : []),
  ];
  const hash = createHash('sha256').update(`${asc.version} ${options}`);
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
  const { error, stderr } = await asc.main([join(SOURCES, 'program.ts'), ...['--outFile', out, ...options]]);
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
