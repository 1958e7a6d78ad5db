// OUT[n, k] = W[ROW0 + n, k], a weight in blocks of BLOCK columns as float32. W [rows, K], OUT [N, K]. A thread has a
// block; those of a workgroup are of the same columns.
// @include weight
const N: u32 = 64u; // rows of this dispatch
const ROW0: u32 = 0u; // first of them in W
const THREADS: u32 = 64u;
const AT_OUT: u32 = 4u;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<vec4f>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.y * THREADS + thread;
  if (row >= N) { return; }
  let first = group.x * (BLOCK / 4u);
  for (var k4 = first; k4 < first + BLOCK / 4u; k4++) {
    out[row * (K / 4u) + k4] = weight4(ROW0 + row, k4);
  }
}
