// A frozen weight with an adapter's product in it, rounded as ggml does: W (+ strength · SCALE · B·A), each 32 columns of a
// row as a block of Q8_0 or Q4_0, laid out as a weight in blocks (weight_blocks.wgsl). W [rows, K], A [parts·RANK, K],
// B [rows, RANK], K a multiple of 32. A thread has a block; those of a workgroup are of the same columns.
// @include dims
// @include weight
const N: u32 = 64u; // rows of this dispatch
const ROW0: u32 = 0u; // first of them in W
const OUT_ROW0: u32 = 0u; // and in the result
const OUT_Q4: bool = false;
const LORA: bool = false;
const RANK: u32 = 16u;
const A_ROW: u32 = 0u; // first row of A
const B_ROW: u32 = 0u; // and of B
const SCALE: f32 = 1.0;
const THREADS: u32 = 64u;
const K4: u32 = K / 4u;
const AT_OUT: u32 = 4u;
const AT_OUT_SCALES: u32 = 5u;
const AT_A: u32 = 6u;
const AT_B: u32 = 7u;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<u32>;
@group(0) @binding(AT_OUT_SCALES) var<storage, read_write> out_scales: array<u32>;
// @if LORA
@group(0) @binding(AT_A) var<storage, read> a: array<vec4f>;
@group(0) @binding(AT_B) var<storage, read> b: array<vec4f>;
// @end

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = group.y * THREADS + thread;
  if (row >= N) { return; }
  let k4 = 8u * group.x;
  // @unroll i < 8
  var v$i = weight4(ROW0 + row, k4 + ${i}u);
  // @end
  // @if LORA
  let scale = SCALE * dims.strength;
  for (var q = 0u; q < RANK / 4u; q++) {
    let by = scale * b[(B_ROW + row) * (RANK / 4u) + q];
    let at = (A_ROW + 4u * q) * K4 + k4;
    // @unroll i < 8
    v$i += by.x * a[at + ${i}u] + by.y * a[at + K4 + ${i}u] + by.z * a[at + 2u * K4 + ${i}u] + by.w * a[at + 3u * K4 + ${i}u];
    // @end
  }
  // @end
  var extreme = 0.0;
  // @unroll i < 8
  extreme = further(further(further(further(extreme, v$i.x), v$i.y), v$i.z), v$i.w);
  // @end
  let block = (OUT_ROW0 + row) * (K / 32u) + group.x;
  // @if OUT_Q4
  let d = extreme * -0.125;
  let held = half_bits(d);
  // A value is d · code − 8d.
  out_scales[block] = held | (half_bits(-8.0 * unpack2x16float(held).x) << 16u);
  let inverse = select(0.0, 1.0 / d, d != 0.0);
  // @unroll i < 8
  let q$i = nibbles_of(v$i, inverse);
  // @end
  out[4u * block] = q0 | (q1 << 16u);
  out[4u * block + 1u] = q2 | (q3 << 16u);
  out[4u * block + 2u] = q4 | (q5 << 16u);
  out[4u * block + 3u] = q6 | (q7 << 16u);
  // @else
  let d = abs(extreme) / 127.0;
  out_scales[block] = half_bits(d);
  let inverse = select(0.0, 1.0 / d, d != 0.0);
  // @unroll i < 8
  out[8u * block + ${i}u] = bytes_of(v$i, inverse);
  // @end
  // @end
}

// Of two values the one of the larger magnitude, the first where they are equal.
fn further(one: f32, other: f32) -> f32 { return select(one, other, abs(other) > abs(one)); }

// @if OUT_Q4
fn nibbles_of(v: vec4f, inverse: f32) -> u32 {
  let q = min(vec4u(v * inverse + 8.5), vec4u(15u));
  return q.x | (q.y << 4u) | (q.z << 8u) | (q.w << 12u);
}
// @else
// Rounded half away from zero.
fn bytes_of(v: vec4f, inverse: f32) -> u32 {
  let scaled = v * inverse;
  let q = bitcast<vec4u>(vec4i(sign(scaled) * floor(abs(scaled) + 0.5))) & vec4u(255u);
  return q.x | (q.y << 8u) | (q.z << 16u) | (q.w << 24u);
}
// @end

// Bits of the half nearest to a value, ties to the even one, what is too large to infinity: which way pack2x16float
// rounds is the driver's choice.
fn half_bits(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  let sign_bit = (bits >> 16u) & 0x8000u;
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) { return sign_bit | 0x7e00u; }
  if (magnitude >= 0x477ff000u) { return sign_bit | 0x7c00u; }
  if (magnitude >= 0x38800000u) {
    return sign_bit | ((magnitude - 0x38000000u + 0x0fffu + ((magnitude >> 13u) & 1u)) >> 13u);
  }
  if (magnitude < 0x33000000u) { return sign_bit; }
  // A subnormal half: the significand in units of 2^-24.
  let shift = 126u - (magnitude >> 23u);
  let significand = (magnitude & 0x7fffffu) | 0x800000u;
  let kept = significand >> shift;
  let rest = significand & ((1u << shift) - 1u);
  let middle = 1u << (shift - 1u);
  return sign_bit | (kept + select(0u, 1u, rest > middle || (rest == middle && (kept & 1u) == 1u)));
}
