import { compileWithMesa, labelled } from './dawn.mjs';
import { hotLoop } from './loop.mjs';

/** Mesa's compiler for Intel (ANV), which finds the GPU that i915-stub.c pretends. */

/** PCI numbers: Tiger Lake's Xe-LP, Arc's Xe-HPG. */
export const INTEL_GPUS = { 'Xe-LP': '9a49', 'Xe-HPG': '5690' };

/** @type {import('./loop.mjs').Names} */
export const INTEL = {
  none: /^(sync|nop)/,
  fused: /^mad F/,
  sharedLoad: /^send shared read/,
  sharedStore: /^send shared write/,
  globalLoad: /^send global read/,
  integer: /^(add|add3|mul|mad|shl|shr|asr|and|or|xor|cmp|sel|mov)(\.\w+)* U?[BWDQ]/,
  spill: /^send scratch/,
  // What a message carries is not told.
  bits: () => 'any',
};

/**
 * @typedef {object} IntelFigures
 * @property {number} lanes threads that go together (SIMD8, SIMD16 …)
 * @property {number} instructions
 * @property {number} spills registers that are written to memory
 * @property {number} fills registers that are read back
 * @property {number} cycles as Mesa estimates them, for `lanes` threads
 * @property {import('./loop.mjs').Body} loop
 */

/**
 * @param {readonly { label: string, code: string }[]} texts
 * @param {keyof typeof INTEL_GPUS} gpu
 * @param {string} folder
 * @returns {(IntelFigures | null)[] | string}
 */
export function compileForIntel(texts, gpu, folder) {
  const environment = { INTEL_PCI_ID: INTEL_GPUS[gpu], INTEL_NO_HW: '1', INTEL_DEBUG: 'cs' };
  const how = { library: 'libvulkan_intel.so', name: gpu, folder, environment, preload: 'i915-stub.c' };
  const compiled = compileWithMesa(texts, how);
  return typeof compiled === 'string' ? compiled : compiled.parts.map(intelFigures);
}

const TOTALS = /^SIMD(\d+) shader: (\d+) instructions\. \d+ loops\. (\d+) cycles\. (\d+):(\d+) spills:fills/m;

/** @returns {IntelFigures | null} */
export function intelFigures(/** @type {string | null} */ part) {
  const totals = part && TOTALS.exec(part);
  if (!totals) return null;
  const [lanes, instructions, cycles, spills, fills] = totals.slice(1).map(Number);
  // A message stands on the line after the instruction that sends it.
  const listing = part.slice(totals.index).replace(/\n\s+(?=.*MsgDesc)/g, ' ');
  const code = labelled(listing, /^(LABEL\d+):/, (line) => {
    const [, operation] = /^(?:\([^)]*\) ?)?([a-z][\w.]*)\(\d+\)/.exec(line) ?? [];
    if (operation === undefined) return null;
    const jump = /^while/.test(operation) ? /LABEL\d+/.exec(line)?.[0] : undefined;
    return { name: `${operation} ${operation === 'send' ? messageOf(line) : typeOf(line)}`, label: jump };
  });
  return { lanes, instructions, spills, fills, cycles, loop: hotLoop(code, INTEL) };
}

/** Memory and direction of a message. Surface 254 is shared memory, bti 253 and 255 what a thread keeps for itself. */
function messageOf(/** @type {string} */ line) {
  const message = /MsgDesc: \((.*)\)/.exec(line)?.[1] ?? '';
  const direction = /write|store/.test(message) ? 'write' : 'read';
  if (/bti 25[35]|scratch/.test(message)) return `scratch ${direction}`;
  if (/Surface = 254|slm/.test(message)) return `shared ${direction}`;
  return /Surface|ugm|bti/.test(message) ? `global ${direction}` : 'other';
}

const typeOf = (/** @type {string} */ line) => /<\d>(?:\d,)?([A-Z]+)/.exec(line)?.[1] ?? '';
