/** Machine code of NVIDIA's GPUs as nvdisasm prints it. */

/** @typedef {import('./loop.mjs').Instruction} Instruction */

/** @type {import('./loop.mjs').Names} */
export const NVIDIA = {
  none: /^NOP/,
  fused: /^FFMA2?\b/,
  sharedLoad: /^LDS\b/,
  sharedStore: /^STS\b/,
  globalLoad: /^(LDG|LD)\b/,
  // IMAD.MOV is a move that takes another unit.
  integer: /^U?(IADD|IMAD(?!\.MOV)|LEA|LOP3|SHF|ISETP|IMNMX|VIMNMX|VIADD|PRMT|IABS)/,
  spill: /^(LDL|STL)\b/,
  bits: (name) => /\.(64|128)\b/.exec(name)?.[1] ?? /\.[US](16|8)\b/.exec(name)?.[1] ?? '32',
};

/** @returns {Instruction[]} Of the only kernel in a listing by `nvdisasm -c`. */
export function instructionsOf(/** @type {string} */ listing) {
  /** @type {Map<string, number>} */
  const labels = new Map();
  /** @type {{ address: number, name: string, label: string | undefined }[]} */
  const found = [];
  /** @type {string[]} */
  let pending = [];
  let isText = false;
  for (const line of listing.split('\n')) {
    if (/^\s*\.section\s/.test(line)) isText = /\.section\s+\.text\./.test(line);
    if (!isText) continue;
    const label = /^(\.L_\w+):/.exec(line);
    if (label) pending.push(label[1]);
    const match = /^\s+\/\*([0-9a-f]{4,})\*\/\s+(?:@!?\w+\s+)?([A-Z][\w.]*)\s*([^;]*);/.exec(line);
    if (!match) continue;
    const address = Number.parseInt(match[1], 16);
    for (const name of pending) labels.set(name, address);
    pending = [];
    const goesTo = match[2].startsWith('BRA') ? /`\((\.L_\w+)\)/.exec(match[3])?.[1] : undefined;
    found.push({ address, name: match[2], label: goesTo });
  }
  return found.map(({ address, name, label = '' }) => ({ address, name, target: labels.get(label) ?? null }));
}
