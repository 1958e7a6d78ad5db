import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toCuda } from './cuda.mjs';

/**
 * Where the threads of a warp read and write, found by running a kernel's text for every thread of a workgroup on the
 * processor (trace.hpp), and what that costs an NVIDIA GPU: shared memory has 32 banks of 4 bytes, and a multiprocessor
 * takes one word from each in a cycle. Accesses of 16 bytes go by a quarter of a warp, those of 8 by a half.
 */

const WARP = 32;
const BANKS = 32;
/** Bytes that global memory is moved in. */
const SECTOR = 32;

/**
 * @typedef {object} Access one instruction of one warp
 * @property {number} place
 * @property {'shared' | 'global'} space
 * @property {number} bytes of an element
 * @property {number[]} from first byte, thread by thread
 */

/**
 * @typedef {object} Cost
 * @property {string} array
 * @property {string} text the line
 * @property {boolean} store
 * @property {'shared' | 'global'} space
 * @property {number} bytes of an element
 * @property {number} times how much more than necessary: cycles of shared memory, or bytes of global memory
 */

/**
 * The accesses of a kernel by place in its text, each at its worst warp.
 *
 * @param {string} code WGSL
 * @param {string} folder for intermediate files
 * @param {[number, number, number]} group the workgroup that is looked at
 * @returns {Cost[]}
 */
export function accessCosts(code, folder, group = [1, 1, 0]) {
  const traced = toCuda(code, { traced: true });
  const source = join(folder, 'trace.cpp');
  const program = join(folder, 'trace');
  // Sizes of a batch that fills every tile.
  const main = [
    'int main() {',
    '  wgsl::dims = {1024, 2, 512, 0, 0, 1024, 0, 1, 1.0f, 1.0f, 0, 0};',
    `  blockIdx = {${group.join(', ')}};`,
    '  run(wgsl::WORKGROUP_X, wgsl::WORKGROUP_Y, wgsl::WORKGROUP_Z, wgsl::kernel);',
    '}',
  ];
  writeFileSync(source, `#define TRACED\n${traced.code}\n${main.join('\n')}\n`);
  const flags = ['-std=c++17', '-O1', '-w', '-I', import.meta.dirname];
  const compiled = spawnSync('g++', [...flags, source, '-o', program], { encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(`g++ failed: ${compiled.stderr ?? compiled.error}`);
  const { stdout, status } = spawnSync(program, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error('the traced kernel failed');
  /** @type {Map<number, Cost>} */
  const worst = new Map();
  for (const access of accessesOf(stdout)) {
    const times = access.space === 'shared' ? bankCost(access) : sectorCost(access);
    const known = worst.get(access.place);
    if (known && known.times >= times) continue;
    const { array, store, text } = traced.places[access.place];
    worst.set(access.place, { array, store, text, space: access.space, bytes: access.bytes, times });
  }
  return [...worst.values()];
}

/** @returns {Access[]} What a trace has, threads of one warp together. */
export function accessesOf(/** @type {string} */ trace) {
  /** @type {Map<string, Access>} */
  const found = new Map();
  for (const line of trace.split('\n')) {
    if (line === '') continue;
    const [thread, place, visit, space, bytes, from] = line.split(' ');
    const key = `${Math.floor(Number(thread) / WARP)} ${place} ${visit}`;
    const access = found.get(key) ?? {
      ...{ place: Number(place), space: /** @type {'shared'} */ (space), bytes: Number(bytes) },
      from: [],
    };
    access.from[Number(thread) % WARP] = Number(from);
    found.set(key, access);
  }
  return [...found.values()];
}

/** Cycles that shared memory takes, by the cycles without conflicts. */
export function bankCost(/** @type {Pick<Access, 'bytes' | 'from'>} */ { bytes, from }) {
  const threads = Math.min(WARP, (WARP * 4) / bytes);
  let cycles = 0;
  let least = 0;
  for (let first = 0; first < WARP; first += threads) {
    /** @type {Map<number, Set<number>>} */
    const words = new Map();
    for (const start of from.slice(first, first + threads)) {
      if (start === undefined) continue;
      for (let word = start / 4; word < (start + bytes) / 4; word++) {
        const bank = Math.floor(word) % BANKS;
        words.set(bank, (words.get(bank) ?? new Set()).add(Math.floor(word)));
      }
    }
    if (words.size === 0) continue;
    least++;
    cycles += Math.max(...[...words.values()].map((set) => set.size));
  }
  return cycles / least;
}

/** Bytes of global memory that are moved, by those that are asked for. */
export function sectorCost(/** @type {Pick<Access, 'bytes' | 'from'>} */ { bytes, from }) {
  const sectors = new Set();
  const asked = new Set();
  for (const start of from) {
    if (start === undefined) continue;
    asked.add(start);
    for (let at = start; at < start + bytes; at += Math.min(bytes, SECTOR))
      sectors.add(Math.floor(at / SECTOR));
  }
  return (sectors.size * SECTOR) / Math.max(SECTOR, asked.size * bytes);
}
