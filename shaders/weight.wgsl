// A frozen weight W [N_ALL, K], row-major, decoded as it is read; the layouts stand in src/weights/repack.ts.
//   f32  one value a word
//   F16  two values a word, rows one after another
const K: u32 = 64u; // columns of W: the inputs of the linear layer
const K_VEC: bool = true; // K is a multiple of 4
const AT_WEIGHT: u32 = 2u;

// @if F16
// @if K_VEC
//~ @group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec2u>;
// @else
//~ @group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<u32>;
// @end
// @else
// @if K_VEC
@group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<vec4f>;
// @else
//~ @group(0) @binding(AT_WEIGHT) var<storage, read> weight: array<f32>;
// @end
// @end

// W[row, 4·k4 … 4·k4 + 3], zero behind the end of the row.
fn weight4(row: u32, k4: u32) -> vec4f {
  // @if K_VEC
  // @if F16
  //~ let pair = weight[row * (K / 4u) + k4];
  //~ return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y));
  // @else
  return weight[row * (K / 4u) + k4];
  // @end
  // @else
  //~ return vec4f(weight1(row, 4u * k4), weight1(row, 4u * k4 + 1u), weight1(row, 4u * k4 + 2u), weight1(row, 4u * k4 + 3u));
  // @end
}

// @if !K_VEC
//~ fn weight1(row: u32, k: u32) -> f32 {
//~   if (k >= K) {
//~     return 0.0;
//~   }
//~   let at = row * K + k;
//~   // @if F16
//~   //~ return unpack2x16float(weight[at / 2u])[at % 2u];
//~   // @else
//~   return weight[at];
//~   // @end
//~ }
// @end
