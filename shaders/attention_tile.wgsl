// The tile of attention in workgroup memory, 16 KiB. A workgroup owns OWN rows (queries, or keys in the pass for dK and
// dV) and takes OTHER rows of the other side at a time: 16 × 8 threads have 4 × 4 scores each. The scores are a product
// over the head's dimensions, staged DEPTH at a time, d outermost; what they weigh is a product over the other rows,
// staged ROWS_STAGED at a time. So the memory does not grow with the head. (FlashAttention-2, arXiv 2307.08691.)
const OWN: u32 = 32u;
const OTHER: u32 = 64u;
const OWN4: u32 = 8u;
const OTHER4: u32 = 16u;
const DEPTH4: u32 = 4u;
const DEPTH: u32 = 4u * DEPTH4;
const HEAD: u32 = 16u; // vec4s of a head
const HEAD_PANELS: u32 = (HEAD + DEPTH4 - 1u) / DEPTH4;
const VECTORS: u32 = 1u; // vec4s of a head that a thread sums: HEAD / 16, rounded up
const ROWS_STAGED: u32 = 16u; // a power of two; ROWS_STAGED · HEAD ≤ STAGE
const STAGE: u32 = DEPTH * (OWN4 + OTHER4);
const THREADS: u32 = OWN4 * OTHER4;

var<workgroup> stage: array<vec4f, STAGE>;
// Weights by other row, four own rows a vec4.
var<workgroup> weights: array<vec4f, OTHER * OWN4>;
var<workgroup> partial: array<vec4f, THREADS>;

// Places are turned so that neighbouring threads do not meet in one memory bank.
fn own_at(d: u32, m4: u32) -> u32 { return d * OWN4 + (m4 ^ (d / 4u * 2u)); }
fn other_at(d: u32, n4: u32) -> u32 { return DEPTH * OWN4 + d * OTHER4 + (n4 ^ (d / 4u * 2u)); }
fn weight_at(other: u32, m4: u32) -> u32 { return other * OWN4 + (m4 ^ (other / 4u % 8u)); }
