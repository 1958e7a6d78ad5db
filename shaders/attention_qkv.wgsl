// Q, K and V of attention, columns of matrices [rows, …] in vectors of $element; a head is HEAD of them. GROUP query
// heads share a head of K and V.
const GROUP: u32 = 3u;
const SCALE: f32 = 0.125;
const Q_STRIDE: u32 = 240u;
const Q_COLUMN: u32 = 0u;
const K_STRIDE: u32 = 240u;
const K_COLUMN: u32 = 144u;
const V_STRIDE: u32 = 240u;
const V_COLUMN: u32 = 192u;
@group(0) @binding(1) var<storage, read> q: array<$element>;
@group(0) @binding(2) var<storage, read> k: array<$element>;
@group(0) @binding(3) var<storage, read> v: array<$element>;
