// What dropout keeps of rows, X̃ = M∘X / (1 − p). MODE 0: out = X̃. MODE 1: out += X̃. MODE 2: out = X − X̃.
// @include dims
// @include wide
// @include dropout
const MODE: u32 = 0u;
const MODULE: u32 = 0u; // counted from dims.first_module
const WIDTH: u32 = 144u;
const X_STRIDE: u32 = 144u;
const X_COLUMN: u32 = 0u;
const OUT_STRIDE: u32 = 144u;
const OUT_COLUMN: u32 = 0u;
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read> x: array<Wide>;
@group(0) @binding(2) var<storage, read_write> out: array<Wide>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = (group.y * groups.x + group.x) * THREADS + thread;
  let row = item / WIDTH;
  if (row >= dims.rows) { return; }
  let i = item % WIDTH;
  let key = dropout_row_key(dropout_module_key(MODULE), row);
  let mask = dropout_mask4(key, 4u * i); // @if WIDE == 4
  let mask = dropout_mask(key, i); // @if WIDE == 1
  let value = x[row * X_STRIDE + X_COLUMN + i];
  let at = row * OUT_STRIDE + OUT_COLUMN + i;
  out[at] = mask * value; // @if MODE == 0
  out[at] += mask * value; // @if MODE == 1
  out[at] = value - mask * value; // @if MODE == 2
}
