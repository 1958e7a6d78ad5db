// The values that change from batch to batch, written once per batch and bound by every kernel; see src/ops/dims.ts.
struct Dims {
  rows: u32,
  batch: u32,
  length: u32,
  start: u32,
  offset: u32,
  supervised: u32,
  step: u32,
  seed: u32,
  scale: f32,
  strength: f32,
  micro: u32,
  first_module: u32,
}
@group(0) @binding(0) var<uniform> dims: Dims;
