// Norms of the rows of a frozen weight, with an adapter's product where there is one: out[j] = ‖W[j] (+ SCALE·B[j]·A)‖.
// W [rows, K], A [parts·RANK, K], B [rows, RANK]. Four rows at once, so that A is read once for all of them.
// @include row_threads
// @include dims
// @include weight
const N: u32 = 64u; // rows of this dispatch
const ROW0: u32 = 0u; // first of them in W
const COLUMN0: u32 = 0u; // and in B and among the norms
const LORA: bool = false;
const RANK: u32 = 16u;
const A_ROW: u32 = 0u; // first row of A
const SCALE: f32 = 1.0;
const K4: u32 = (K + 3u) / 4u;
const AT_OUT: u32 = 4u;
const AT_A: u32 = 5u;
const AT_B: u32 = 6u;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<f32>;
// @if LORA
@group(0) @binding(AT_B) var<storage, read> b: array<vec4f>;
// A[row, 4·k4 … 4·k4 + 3], zero past the end.
// @if K_VEC
@group(0) @binding(AT_A) var<storage, read> a: array<vec4f>;
fn a4(row: u32, k4: u32) -> vec4f { return a[row * (K / 4u) + k4]; }
// @else
@group(0) @binding(AT_A) var<storage, read> a: array<f32>;
fn a1(row: u32, k: u32) -> f32 { return select(0.0, a[min(row * K + k, arrayLength(&a) - 1u)], k < K); }
fn a4(row: u32, k4: u32) -> vec4f {
  return vec4f(a1(row, 4u * k4), a1(row, 4u * k4 + 1u), a1(row, 4u * k4 + 2u), a1(row, 4u * k4 + 3u));
}
// @end
// @end

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = 4u * item_of(group, groups, thread);
  if (first >= N) { return; }
  let lane = lane_of(thread);
  // @unroll j < 4
  let row$j = min(first + ${j}u, N - 1u);
  var sum$j = 0.0;
  // @end
  for (var k4 = lane; k4 < K4; k4 += LANES) {
    // @unroll j < 4
    var w$j = weight4(ROW0 + row$j, k4);
    // @end
    // @if LORA
    for (var q = 0u; q < RANK / 4u; q++) {
      let a_0 = SCALE * a4(A_ROW + 4u * q, k4);
      let a_1 = SCALE * a4(A_ROW + 4u * q + 1u, k4);
      let a_2 = SCALE * a4(A_ROW + 4u * q + 2u, k4);
      let a_3 = SCALE * a4(A_ROW + 4u * q + 3u, k4);
      // @unroll j < 4
      let b$j = b[(COLUMN0 + row$j) * (RANK / 4u) + q];
      w$j += b$j.x * a_0 + b$j.y * a_1 + b$j.z * a_2 + b$j.w * a_3;
      // @end
    }
    // @end
    // @unroll j < 4
    sum$j += dot(w$j, w$j);
    // @end
  }
  // @unroll j < 4
  let all$j = reduce(lane, sum$j);
  if (lane == 0u && first + ${j}u < N) { out[COLUMN0 + first + ${j}u] = max(sqrt(all$j), 1e-30); }
  // @end
}
