/**
 * Which inputs of a LoRA layer are dropped, as a pure function of (seed, step, micro-batch, module, row, column), so
 * that forward and backward recompute the same mask and a resumed run draws what the first would have drawn.
 *
 *     key     = mix(mix(mix(seed) ^ step) ^ microBatch)      once a micro-batch, on the CPU
 *     modKey  = mix(key ^ module)                            module: index in Engine.modules
 *     rowKey  = mix(modKey ^ row)                            row: of the padded [rows · length] matrix of tokens
 *     kept    = mix(rowKey ^ column) ≥ threshold             column: of the layer's input
 *     threshold = ⌊p · 2³²⌋;  kept inputs are times 1 / (1 − p)
 *
 * All in unsigned 32-bit arithmetic. `mix` is a two-round xorshift–multiply finaliser of the murmur kind, with the
 * constants of lowbias32 as improved in the hash-prospector project (bias 0.107): a bijection of u32. In WGSL:
 *
 *     fn mix(value: u32) -> u32 {
 *       var x = value;
 *       x = (x ^ (x >> 16u)) * 0x21f0aaadu;
 *       x = (x ^ (x >> 15u)) * 0xd35a2d97u;
 *       return x ^ (x >> 15u);
 *     }
 */
export function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** The key of one micro-batch of one step (u32); `step` counts from 1, `microBatch` from 0. */
export function dropoutKey(seed: number, step: number, microBatch: number): number {
  return mix(mix(mix(seed) ^ step) ^ microBatch);
}

/** Elements whose hash is below this are dropped (u32). `probability` in [0, 1). */
export function dropoutThreshold(probability: number): number {
  return Math.min(Math.floor(probability * 2 ** 32), 2 ** 32 - 1);
}

/**
 * Mask of one module's input: 0 where dropped, else 1 / (1 − p).
 *
 * @param key from `dropoutKey`
 * @param rows row of the padded token matrix that each line of the result belongs to
 * @returns row-major [rows.length, columns]
 */
export function dropoutMask(
  key: number,
  module: number,
  rows: Int32Array,
  columns: number,
  probability: number,
): Float32Array {
  const moduleKey = mix(key ^ module);
  const threshold = dropoutThreshold(probability);
  const kept = 1 / (1 - probability);
  const mask = new Float32Array(rows.length * columns);
  let at = 0;
  for (const row of rows) {
    const rowKey = mix(moduleKey ^ row);
    for (let column = 0; column < columns; column++) {
      if (mix(rowKey ^ column) >= threshold) mask[at] = kept;
      at++;
    }
  }
  return mask;
}
