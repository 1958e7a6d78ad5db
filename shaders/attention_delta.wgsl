// Per query, for both backward kernels of attention: stat[head, row] = (lse, D) with D = Σ dO ∘ O.
// @include dims
// @include wide
const HEADS: u32 = 9u;
const HEAD: u32 = 16u;
const O_STRIDE: u32 = 144u;
const O_COLUMN: u32 = 0u;
const DO_STRIDE: u32 = 144u;
const DO_COLUMN: u32 = 0u;
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read> o: array<Wide>;
@group(0) @binding(2) var<storage, read> d_o: array<Wide>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read_write> stat: array<vec2f>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = (group.y * groups.x + group.x) * THREADS + thread;
  let row = item / HEADS;
  if (row >= dims.rows) { return; }
  let head = item % HEADS;
  let from_o = row * O_STRIDE + O_COLUMN + head * HEAD;
  let from_d = row * DO_STRIDE + DO_COLUMN + head * HEAD;
  var sum = Wide(0.0);
  for (var i = 0u; i < HEAD; i++) { sum += o[from_o + i] * d_o[from_d + i]; }
  let at = head * dims.rows + row;
  stat[at] = vec2f(lse[at], total(sum));
}
