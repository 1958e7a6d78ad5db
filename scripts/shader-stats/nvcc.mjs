import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ensurePython } from '../python.mjs';
import { toCuda } from './cuda.mjs';
import { hotLoop } from './loop.mjs';
import { occupancy } from './occupancy.mjs';
import { instructionsOf, NVIDIA } from './sass.mjs';

/** Kernels in CUDA C++ through NVIDIA's compiler, and what its machine code looks like. No GPU is needed. */

/** @typedef {{ nvcc: string, nvdisasm: string, version: string }} Tools */

/**
 * NVIDIA's compiler and disassembler: those on the path, else both from PyPI, in a Python environment of their own.
 *
 * @param {(line: string) => void} say
 * @returns {Tools | string} A sentence where they are missing.
 */
export function findTools(say) {
  if (spawnSync('g++', ['--version']).status !== 0)
    return 'There is no g++, which NVIDIA’s compiler preprocesses with (on Debian: apt-get install g++).';
  let [nvcc, nvdisasm] = ['nvcc', 'nvdisasm'].map(onPath);
  if (!nvcc || !nvdisasm) {
    try {
      const python = ensurePython(join(import.meta.dirname, 'requirements.txt'), say, 'NVIDIA’s compiler');
      const root = dirname(dirname(python));
      [nvcc, nvdisasm] = ['nvcc', 'nvdisasm'].map((name) => inWheels(root, name));
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }
  if (!nvcc || !nvdisasm)
    return 'NVIDIA’s compiler is not here: nvcc and nvdisasm are neither on the path nor to be had from PyPI.';
  const { stdout } = spawnSync(nvcc, ['--version'], { encoding: 'utf8' });
  return {
    nvcc,
    nvdisasm,
    version: /release [\d.]+, V([\d.]+)/.exec(stdout)?.[1] ?? 'of an unknown version',
  };
}

function onPath(/** @type {string} */ name) {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0 ? name : undefined;
}

/** A program of the packages, which lie in `site-packages/nvidia`. */
function inWheels(/** @type {string} */ root, /** @type {string} */ name) {
  const packages = join(root, 'lib');
  if (!existsSync(packages)) return undefined;
  const [python] = readdirSync(packages).filter((one) => one.startsWith('python'));
  const nvidia = join(packages, python, 'site-packages/nvidia');
  if (!existsSync(nvidia)) return undefined;
  return readdirSync(nvidia)
    .map((one) => join(nvidia, one, 'bin', name))
    .find(existsSync);
}

/**
 * @typedef {object} Figures
 * @property {number} registers a thread
 * @property {number} spilled bytes of registers that are kept in memory, stores and loads together
 * @property {number} shared bytes of shared memory a workgroup
 * @property {number} threads a workgroup
 * @property {ReturnType<typeof occupancy>} occupancy
 * @property {import('./loop.mjs').Body} loop
 */

/**
 * @param {Tools} tools
 * @param {string} code WGSL
 * @param {{ architecture: import('./occupancy.mjs').Architecture, clamps: import('./cuda.mjs').Clamps, folder: string,
 *   name: string }} how `folder` and `name` are those of the files that are made
 * @returns {Figures}
 */
export function compile(tools, code, { architecture, clamps, folder, name }) {
  const base = join(folder, `${name}-${architecture}`);
  writeFileSync(`${base}.cu`, toCuda(code, { clamps }).code);
  // As drivers compile shaders: divisions, exponentials and denormals as WGSL allows them.
  const flags = ['-std=c++17', '--use_fast_math', '-w', '-I', import.meta.dirname];
  const target = ['-cubin', `-arch=${architecture}`, '-Xptxas', '-v', '-o', `${base}.cubin`];
  const compiled = spawnSync(tools.nvcc, [...flags, ...target, `${base}.cu`], { encoding: 'utf8' });
  if (compiled.status !== 0)
    throw new Error(`nvcc failed on ${base}.cu:\n${compiled.stderr ?? compiled.error}`);
  const listing = spawnSync(tools.nvdisasm, ['-c', `${base}.cubin`], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (listing.status !== 0) throw new Error(`nvdisasm failed on ${base}.cubin:\n${listing.stderr}`);
  writeFileSync(`${base}.sass`, listing.stdout);
  const said = compiled.stderr + compiled.stdout;
  const number = (/** @type {RegExp} */ pattern) => Number(pattern.exec(said)?.[1] ?? 0);
  const registers = number(/Used (\d+) registers/);
  const shared = number(/(\d+) bytes smem/);
  const threads = threadsOf(code);
  return {
    ...{ registers, shared, threads },
    spilled: number(/(\d+) bytes spill stores/) + number(/(\d+) bytes spill loads/),
    occupancy: occupancy(architecture, { threads, registers, shared }),
    loop: hotLoop(instructionsOf(listing.stdout), NVIDIA),
  };
}

/** Threads of a workgroup, from the text. */
export function threadsOf(/** @type {string} */ code) {
  const constants = Object.fromEntries(
    [...code.matchAll(/^const (\w+)(?:: u32)? = ([^;]*);/gm)].map(([, name, value]) => [name, value]),
  );
  /** @type {(text: string) => number} */
  const numberOf = (text) =>
    text
      .split('*')
      .map((factor) => factor.trim())
      .reduce((product, factor) => {
        const number = Number(factor.replace(/u$/, ''));
        return product * (Number.isNaN(number) ? numberOf(constants[factor]) : number);
      }, 1);
  const size = /@workgroup_size\(([^)]*)\)/.exec(code)?.[1] ?? '1u';
  return size.split(',').reduce((product, one) => product * numberOf(one), 1);
}
