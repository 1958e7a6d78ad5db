// Rotary embedding in place on HEADS adjacent heads of a row, half-split as in Hugging Face: the pair (j, j + HALF)
// is rotated by the angle position · frequency[j] (RoFormer, arXiv 2104.09864). SIGN = −1 rotates back (the backward
// pass). Dimensions past 2 · HALF are left alone. HALF counts Wides.
// @include dims
// @include wide
const HEADS: u32 = 12u;
const HEAD: u32 = 16u;
const HALF: u32 = 8u;
const X_STRIDE: u32 = 240u;
const X_COLUMN: u32 = 0u;
const SIGN: f32 = 1.0;
const THREADS: u32 = 64u;
const POSITIONS: bool = false;
const LAST_POSITION: u32 = 2047u;
@group(0) @binding(1) var<storage, read_write> x: array<Wide>;
// @if WIDE == 4
// (cos, sin, cos, sin): two pairs an element.
@group(0) @binding(2) var<storage, read> table: array<vec4f>;
// @else
@group(0) @binding(2) var<storage, read> table: array<vec2f>;
// @end
@group(0) @binding(3) var<storage, read> positions: array<u32>; // @if POSITIONS

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = (group.y * groups.x + group.x) * THREADS + thread;
  let row = item / (HEADS * HALF);
  if (row >= dims.rows) { return; }
  let inner = item % (HEADS * HALF);
  let head = inner / HALF;
  let j = inner % HALF;
  let position = positions[row]; // @if POSITIONS
  let position = dims.start + row % dims.length; // @if !POSITIONS
  let at = row * X_STRIDE + X_COLUMN + head * HEAD + j;
  let source = min(position, LAST_POSITION) * HALF + j;
  // @if WIDE == 4
  let low = table[2u * source];
  let high = table[2u * source + 1u];
  let c = vec4f(low.x, low.z, high.x, high.z);
  let s = vec4f(low.y, low.w, high.y, high.w) * SIGN;
  // @else
  let c = table[source].x;
  let s = table[source].y * SIGN;
  // @end
  let a = x[at];
  let b = x[at + HALF];
  x[at] = a * c - b * s;
  x[at + HALF] = b * c + a * s;
}
