// Sizes, strides and bindings of linear_forward_direct.wgsl and linear_forward_tiled.wgsl:
//   Y = X·Wᵀ (+ bias) (+ residual) + factor·S·Bᵀ,   X [rows, K], W [N, K], S [rows, parts·RANK], B [N, RANK]
//   factor = LORA_SCALE · dims.strength
// With UP_ALONE an adapter's product alone, with X and W for S and B: Y += factor·X·Wᵀ.
// @include dims
// @include weight
// @include columns
// @include dropout // @if DROPOUT
const DROPOUT: bool = false; // X is masked for module PART_MODULE[PART]: the down projection of an adapter in training
const PART: u32 = 0u;

const ROW0: u32 = 0u; // first row of W
const N: u32 = 64u; // rows of W used: outputs of this dispatch
const K4: u32 = (K + 3u) / 4u;
const COLUMN0: u32 = 0u; // output column that row ROW0 of W gives

const X_STRIDE: u32 = 64u;
const X_COLUMN: u32 = 0u;
const X_VEC: bool = true; // X_STRIDE and X_COLUMN are multiples of 4
const AT_X: u32 = 1u;
// @if X_VEC && !QUAD
@group(0) @binding(AT_X) var<storage, read> x: array<vec4f>;
// @else
@group(0) @binding(AT_X) var<storage, read> x: array<f32>;
// @end

const Y_STRIDE: u32 = 64u;
const Y_COLUMN: u32 = 0u;
const AT_Y: u32 = 3u;
@group(0) @binding(AT_Y) var<storage, read_write> y: array<vec4f>; // @if Y_VEC
@group(0) @binding(AT_Y) var<storage, read_write> y: array<f32>; // @if !Y_VEC

const BIAS: bool = false;
const AT_BIAS: u32 = 4u;
// @if BIAS
@group(0) @binding(AT_BIAS) var<storage, read> bias: array<vec4f>; // @if Y_VEC
@group(0) @binding(AT_BIAS) var<storage, read> bias: array<f32>; // @if !Y_VEC
// @end

const RESIDUAL: bool = false; // a matrix of its own
const RESIDUAL_IN_PLACE: bool = false; // the residual is what Y already holds
const RESIDUAL_STRIDE: u32 = 64u;
const RESIDUAL_COLUMN: u32 = 0u;
const AT_RESIDUAL: u32 = 5u;
// @if RESIDUAL
@group(0) @binding(AT_RESIDUAL) var<storage, read> residual: array<vec4f>; // @if Y_VEC
@group(0) @binding(AT_RESIDUAL) var<storage, read> residual: array<f32>; // @if !Y_VEC
// @end

const LORA: bool = false;
const RANK: u32 = 16u;
const LORA_SCALE: f32 = 1.0;
const S_STRIDE: u32 = 16u; // a multiple of 4, as are RANK and S_COLUMN
const S_COLUMN: u32 = 0u;
const AT_S: u32 = 6u;
const AT_B: u32 = 7u;
// @if LORA && QUAD
@group(0) @binding(AT_S) var<storage, read> s: array<f32>;
// @end
// @if LORA && !QUAD
@group(0) @binding(AT_S) var<storage, read> s: array<vec4f>;
// @end
@group(0) @binding(AT_B) var<storage, read> b: array<vec4f>; // @if LORA
