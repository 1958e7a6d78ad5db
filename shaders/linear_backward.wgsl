// Sizes, strides and bindings of linear_backward_direct.wgsl and linear_backward_tiled.wgsl:
//   dX = SCALE·dY·W + Σ_p M_p ∘ (dS_p·A_p),   dY [rows, N], W [N, K], dS [rows, parts·RANK], A [parts·RANK, K]
//   M_p: the dropout mask of part p (1 without dropout)
// @include dims
// @include weight
// @include columns
// @include dropout // @if DROPOUT
const DROPOUT: bool = false;
const SCALE: f32 = 1.0;

const ROW0: u32 = 0u; // first row of W
const N: u32 = 64u; // rows of W used
const K4: u32 = (K + 3u) / 4u;
const N4: u32 = (N + 3u) / 4u;

const DY_STRIDE: u32 = 64u;
const DY_COLUMN: u32 = 0u; // column of dY that row ROW0 of W belongs to
const DY_VEC: bool = true; // DY_STRIDE, DY_COLUMN and N are multiples of 4
const AT_DY: u32 = 1u;
// @if DY_VEC && !QUAD
@group(0) @binding(AT_DY) var<storage, read> dy: array<vec4f>;
// @else
@group(0) @binding(AT_DY) var<storage, read> dy: array<f32>;
// @end

const ACCUMULATE: bool = false; // dX += …
const DX_STRIDE: u32 = 64u;
const DX_COLUMN: u32 = 0u;
const AT_DX: u32 = 3u;
@group(0) @binding(AT_DX) var<storage, read_write> dx: array<vec4f>; // @if DX_VEC
@group(0) @binding(AT_DX) var<storage, read_write> dx: array<f32>; // @if !DX_VEC

const LORA: bool = false;
const RANK: u32 = 16u;
const DS_STRIDE: u32 = 16u; // a multiple of 4, as are RANK and DS_COLUMN
const DS_COLUMN: u32 = 0u;
const AT_DS: u32 = 4u;
const AT_A: u32 = 5u;
// @if LORA
@group(0) @binding(AT_DS) var<storage, read> ds: array<f32>; // @if QUAD
@group(0) @binding(AT_DS) var<storage, read> ds: array<vec4f>; // @if !QUAD

// A[row, 4·k4 … 4·k4 + 3]; values past the end of the row belong to columns that are not stored.
// @if K_VEC
@group(0) @binding(AT_A) var<storage, read> a: array<vec4f>;
fn a4(row: u32, k4: u32) -> vec4f {
  return a[row * (K / 4u) + k4];
}
// @else
@group(0) @binding(AT_A) var<storage, read> a: array<f32>;
fn a4(row: u32, k4: u32) -> vec4f {
  let at = row * K + min(vec4u(0u, 1u, 2u, 3u) + 4u * k4, vec4u(K - 1u));
  return vec4f(a[at.x], a[at.y], a[at.z], a[at.w]);
}
// @end
// @end
