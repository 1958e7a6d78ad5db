// The tile of attention in workgroup memory, 14.5 KiB. A workgroup owns OWN rows (queries, or keys in the pass for dK
// and dV) and takes OTHER rows of the other side at a time: 16 × 8 threads have 4 × 4 scores each. The scores are a
// product over the head's dimensions, staged DEPTH at a time, d outermost; what they weigh is a product over the other
// rows, staged ROWS_STAGED at a time. So the memory does not grow with the head. (FlashAttention-2, arXiv 2307.08691.)
const OWN: u32 = 32u;
const OTHER: u32 = 64u;
const OWN4: u32 = 8u;
const OTHER4: u32 = 16u;
const DEPTH4: u32 = 4u;
const DEPTH: u32 = 4u * DEPTH4;
const HEAD: u32 = 16u; // vec4s of a head
const HEAD_PANELS: u32 = (HEAD + DEPTH4 - 1u) / DEPTH4;
const VECTORS: u32 = 1u; // vec4s of a head that a thread sums: HEAD / 16, rounded up
const ROWS_STAGED: u32 = 16u; // a power of two, 4 … OTHER; ROWS_STAGED · HEAD ≤ STAGE
const THREADS: u32 = OWN4 * OTHER4;
const ROW_LOADS: u32 = (ROWS_STAGED * HEAD + THREADS - 1u) / THREADS; // vec4s of them that a thread stages

// vec4s of four steps of the scores' two sides, and of the weights of four other rows; the 2 or 1 after each four are
// free, so that neighbouring threads do not meet in one memory bank (see PAD in tile.wgsl).
const OWN_STEPS: u32 = 4u * OWN4 + 2u;
const OTHER_STEPS: u32 = 4u * OTHER4 + 2u;
const WEIGHT_ROWS: u32 = 4u * OWN4 + 1u;
const OTHERS: u32 = DEPTH4 * OWN_STEPS; // where the other side begins in stage
const STAGE: u32 = OTHERS + DEPTH4 * OTHER_STEPS;

var<workgroup> stage: array<vec4f, STAGE>;
// Weights by other row, four own rows a vec4.
var<workgroup> weights: array<vec4f, OTHER4 * WEIGHT_ROWS>;
