// A frozen weight W [N_ALL, K], row-major, decoded as it is read: weight4(row, k4) = W[row, 4·k4 … 4·k4 + 3]. The layouts
// are those of src/weights/repack.ts.
//   F32, F16      weight_rows.wgsl
//   Q8, Q4, NF4   weight_blocks.wgsl (QUANT)
const K: u32 = 64u; // columns of W: the inputs of the linear layer
const K_VEC: bool = true; // K is a multiple of 4
const AT_WEIGHT: u32 = 2u;
const AT_SCALES: u32 = 3u;
const BLOCK: u32 = 32u;
// @if QUANT
// @include weight_blocks
// @else
// @include weight_rows
// @end
