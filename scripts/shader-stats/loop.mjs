/** Loops of machine code, whatever machine it is for, and what they consist of. */

/**
 * @typedef {object} Instruction
 * @property {number} address
 * @property {string} name with its modifiers, e.g. `LDS.128`
 * @property {number | null} target address that a branch goes to
 */

/**
 * What the instructions of a machine are called.
 *
 * @typedef {object} Names
 * @property {RegExp} none what does nothing
 * @property {RegExp} fused multiply-adds in float32
 * @property {RegExp} sharedLoad
 * @property {RegExp} sharedStore
 * @property {RegExp} globalLoad
 * @property {RegExp} integer address arithmetic and counters
 * @property {RegExp} spill loads and stores of registers that are kept in memory
 * @property {(name: string) => string} bits of a load
 */

/** @typedef {{ from: number, to: number }} Loop addresses of its first instruction and of the branch back */

/** @returns {Loop[]} Branches back, those to one place as one loop. */
function loopsOf(/** @type {readonly Instruction[]} */ code) {
  /** @type {Map<number, number>} */
  const ends = new Map();
  // The endless loop after the end of a kernel is a branch to itself.
  for (const { address, target } of code)
    if (target !== null && target < address) ends.set(target, Math.max(ends.get(target) ?? 0, address));
  return [...ends].map(([from, to]) => ({ from, to }));
}

/**
 * @typedef {object} Body
 * @property {number} instructions
 * @property {number} fused
 * @property {Record<string, number>} sharedLoads instructions by bits
 * @property {Record<string, number>} sharedStores
 * @property {Record<string, number>} globalLoads
 * @property {number} integer
 * @property {number} spills
 */

/**
 * The innermost loop with most fused multiply-adds. Where the compiler has unrolled it, that is the loop around it; and
 * the whole kernel where there is none.
 *
 * @returns {Body}
 */
export function hotLoop(/** @type {readonly Instruction[]} */ code, /** @type {Names} */ names) {
  const loops = loopsOf(code);
  const inner = loops.filter(
    (one) => !loops.some((other) => other !== one && other.from >= one.from && other.to <= one.to),
  );
  const bodies = inner.map((loop) => bodyOf(within(code, loop), names));
  const best = bodies.reduce((best, body) => (body.fused > best.fused ? body : best), bodyOf([], names));
  return best.fused > 0 ? best : bodyOf(code, names);
}

const within = (/** @type {readonly Instruction[]} */ code, /** @type {Loop} */ { from, to }) =>
  code.filter(({ address }) => address >= from && address <= to);

/** @returns {Body} */
function bodyOf(/** @type {readonly Instruction[]} */ code, /** @type {Names} */ names) {
  const all = code.map(({ name }) => name).filter((name) => !names.none.test(name));
  const matching = (/** @type {RegExp} */ pattern) => all.filter((name) => pattern.test(name));
  const byBits = (/** @type {RegExp} */ pattern) => {
    /** @type {Record<string, number>} */
    const counts = {};
    for (const bits of matching(pattern).map(names.bits)) counts[bits] = (counts[bits] ?? 0) + 1;
    return counts;
  };
  return {
    instructions: all.length,
    fused: matching(names.fused).length,
    sharedLoads: byBits(names.sharedLoad),
    sharedStores: byBits(names.sharedStore),
    globalLoads: byBits(names.globalLoad),
    integer: matching(names.integer).length,
    spills: matching(names.spill).length,
  };
}
