// Which inputs of a LoRA module are dropped: a pure function of (seed, step, micro-batch, module, row, column), so that
// forward and backward draw the same mask. The same function in TypeScript, and its source: src/ops/dropout-hash.ts.
// Needs `dims`.
const DROPOUT_THRESHOLD: u32 = 0u; // floor(p · 2³²)
const DROPOUT_KEEP: f32 = 1.0; // 1 / (1 − p)

fn mix_bits(value: u32) -> u32 {
  var v = value;
  v = (v ^ (v >> 16u)) * 0x21f0aaadu;
  v = (v ^ (v >> 15u)) * 0xd35a2d97u;
  return v ^ (v >> 15u);
}

fn dropout_module_key(number: u32) -> u32 {
  return mix_bits(mix_bits(mix_bits(mix_bits(dims.seed) ^ dims.step) ^ dims.micro) ^ (dims.first_module + number));
}

fn dropout_row_key(module_key: u32, row: u32) -> u32 {
  return mix_bits(module_key ^ row);
}

fn dropout_mask(row_key: u32, column: u32) -> f32 {
  return select(0.0, DROPOUT_KEEP, mix_bits(row_key ^ column) >= DROPOUT_THRESHOLD);
}

fn dropout_mask4(row_key: u32, column: u32) -> vec4f {
  return vec4f(
    dropout_mask(row_key, column),
    dropout_mask(row_key, column + 1u),
    dropout_mask(row_key, column + 2u),
    dropout_mask(row_key, column + 3u),
  );
}
