/**
 * How many threads an NVIDIA multiprocessor can hold at once, from the tables of the CUDA C++ Programming Guide
 * (compute capabilities 8.0 and 9.0): https://docs.nvidia.com/cuda/cuda-c-programming-guide/#compute-capabilities
 */

/** @typedef {'sm_80' | 'sm_90'} Architecture */

const REGISTERS = 65_536;
const WARPS = 64;
const GROUPS = 32;
/** Registers are given to a warp in units of 256. */
const UNIT = 256;
/** Bytes of shared memory of a multiprocessor, and what the system takes of it for each workgroup. */
const SHARED = { sm_80: 164 << 10, sm_90: 228 << 10 };
const SYSTEM = 1024;

/**
 * @param {Architecture} architecture
 * @param {{ threads: number, registers: number, shared: number }} kernel threads a workgroup, registers a thread, bytes
 *   of shared memory a workgroup
 * @returns {{ groups: number, warps: number, share: number, by: string }} what fits, and what bounds it
 */
export function occupancy(architecture, { threads, registers, shared }) {
  const warps = Math.ceil(threads / 32);
  const ofWarp = Math.ceil((32 * registers) / UNIT) * UNIT;
  // A multiprocessor has four parts, each with a quarter of the registers.
  const warpsByRegisters = 4 * Math.floor(REGISTERS / 4 / ofWarp);
  const bounds = {
    registers: Math.floor(warpsByRegisters / warps),
    'shared memory': Math.floor(SHARED[architecture] / (shared + SYSTEM)),
    warps: Math.floor(WARPS / warps),
    workgroups: GROUPS,
  };
  const [by, groups] = Object.entries(bounds).reduce((least, one) => (one[1] < least[1] ? one : least));
  return { groups, warps: groups * warps, share: (groups * warps) / WARPS, by };
}
