import { compileWithMesa, labelled } from './dawn.mjs';
import { hotLoop } from './loop.mjs';

/** Mesa's compiler for AMD: RADV with ACO, which is told which GPU to be. */

/** In the names of Mesa 22.3: RDNA2 and GCN 5. */
export const AMD_GPUS = ['NAVI21', 'VEGA10'];

/** @type {import('./loop.mjs').Names} */
export const AMD = {
  none: /^(s_nop|s_waitcnt|s_inst_prefetch|s_clause)/,
  fused: /^v_(fma|fmac|mac|mad|pk_fma|dual_fmac)_f32/,
  sharedLoad: /^ds_(read|load)/,
  sharedStore: /^ds_(write|store)/,
  globalLoad: /^(buffer|global|flat)_load/,
  integer: /^[sv]_(add|sub|mul|mad|lshl|lshr|ashr|and|or|xor|bfe|min|max|cmp)\w*_[iubB]\d/,
  spill: /^scratch_/,
  bits: (name) => {
    const each = Number(/_(?:b|u|i)(8|16|32|64|96|128)/.exec(name)?.[1] ?? 32);
    const times = Number(/dwordx([234])/.exec(name)?.[1] ?? (/(read|write)2/.test(name) ? 2 : 1));
    return String(each * times);
  },
};

/**
 * @typedef {object} AmdFigures
 * @property {number} registers vector registers a thread
 * @property {number} spilled registers
 * @property {number} shared bytes of shared memory a workgroup
 * @property {number} waves that a SIMD can hold
 * @property {number} codeBytes
 * @property {import('./loop.mjs').Body} loop
 */

/**
 * @param {readonly { label: string, code: string }[]} texts
 * @param {string} gpu
 * @param {string} folder
 * @returns {(AmdFigures | null)[] | string}
 */
export function compileForAmd(texts, gpu, folder) {
  const environment = { RADV_FORCE_FAMILY: gpu, RADV_DEBUG: 'nocache,shaders,shaderstats' };
  const compiled = compileWithMesa(texts, { library: 'libvulkan_radeon.so', name: gpu, folder, environment });
  return typeof compiled === 'string' ? compiled : compiled.parts.map(amdFigures);
}

/** @returns {AmdFigures | null} */
export function amdFigures(/** @type {string | null} */ part) {
  if (!part?.includes('disasm:')) return null;
  const number = (/** @type {string} */ name) =>
    Number(new RegExp(`^${name}: (\\d+)`, 'm').exec(part)?.[1] ?? 0);
  const code = labelled(part.slice(part.indexOf('disasm:')), /^(BB\d+):/, (line) => {
    const [, name, rest] =
      /^\t([sv]_\w+|(?:ds|buffer|global|flat|scratch)_\w+)(?: ([^;]*))?/.exec(line) ?? [];
    if (name === undefined) return null;
    return { name, label: /^s_c?branch/.test(name) ? /BB\d+/.exec(rest ?? '')?.[0] : undefined };
  });
  return {
    ...{ registers: number('VGPRs'), shared: number('LDS size'), codeBytes: number('Code size') },
    spilled: number('Spilled VGPRs') + number('Spilled SGPRs'),
    waves: number('Subgroups per SIMD'),
    loop: hotLoop(code, AMD),
  };
}
