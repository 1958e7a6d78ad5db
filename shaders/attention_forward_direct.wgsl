// Causal attention with online softmax, no workgroup memory (software adapters, sizes that are not multiples of 4,
// and generation). One thread has QUERIES neighbouring queries of a head and takes KEYS keys at a time; the output
// is accumulated in its own storage rows. lse[head, row] = log Σ exp(score).
// @include dims
// @include wide
// @include attention_mask
// @include attention_qkv element=Wide
const HEADS: u32 = 9u;
const HEAD: u32 = 16u;
const O_STRIDE: u32 = 144u;
const O_COLUMN: u32 = 0u;
// Rows a batch row has in k and v; 0: dims.length.
const CAPACITY: u32 = 0u;
const QUERIES: u32 = 4u;
const KEYS: u32 = 4u;
const THREADS: u32 = 4u;
@group(0) @binding(4) var<storage, read_write> o: array<Wide>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<storage, read> documents: array<i32>; // @if DOCUMENTS
@group(0) @binding(6) var<storage, read> positions: array<u32>; // @if POSITIONS

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let blocks = (dims.length + QUERIES - 1u) / QUERIES;
  let item = group.x * THREADS + thread;
  if (item >= blocks * dims.batch) { return; }
  let head = group.y;
  let batch = item / blocks;
  let first = (item % blocks) * QUERIES;
  let last = dims.length - 1u;
  // @if CAPACITY
  let before = positions[batch * dims.length]; // @if POSITIONS
  let before = dims.start; // @if !POSITIONS
  let key_row = batch * CAPACITY;
  let key_end = min(before + min(first + QUERIES, dims.length), CAPACITY);
  // @else
  let before = 0u;
  let key_row = batch * dims.length;
  let key_end = min(first + QUERIES, dims.length);
  // @end
  let k_from = K_COLUMN + head / GROUP * HEAD;
  let v_from = V_COLUMN + head / GROUP * HEAD;
  // @unroll i < QUERIES
  let row${i} = batch * dims.length + min(first + ${i}u, last);
  let q${i} = row${i} * Q_STRIDE + Q_COLUMN + head * HEAD;
  let o${i} = row${i} * O_STRIDE + O_COLUMN + head * HEAD;
  let real${i} = first + ${i}u <= last;
  var m${i} = MASKED;
  var l${i} = 0.0;
  // @end

  var started = false;
  for (var key = first_key(before + first); key < key_end; key += KEYS) {
    let at${j} = key_row + min(key + ${j}u, key_end - 1u); // @unroll j < KEYS
    var s${i}_${j} = 0.0; // @unroll i < QUERIES, j < KEYS
    for (var d = 0u; d < HEAD; d++) {
      let k${j} = k[at${j} * K_STRIDE + k_from + d]; // @unroll j < KEYS
      // @unroll i < QUERIES
      let qd${i} = q[q${i} + d];
      s${i}_${j} += total(qd${i} * k${j}); // @unroll j < KEYS
      // @end
    }
    // @unroll i < QUERIES
    // @unroll j < KEYS
    var seen${i}_${j} = (key + ${j}u < key_end) & in_reach(before + first + ${i}u, key + ${j}u);
    seen${i}_${j} = seen${i}_${j} & (documents[at${j}] == documents[row${i}]); // @if DOCUMENTS
    s${i}_${j} = select(MASKED, s${i}_${j} * SCALE, seen${i}_${j});
    // @end
    var most${i} = m${i};
    most${i} = max(most${i}, s${i}_${j}); // @unroll j < KEYS
    let keep${i} = exp(m${i} - most${i});
    m${i} = most${i};
    l${i} = l${i} * keep${i};
    // @unroll j < KEYS
    let p${i}_${j} = select(0.0, exp(s${i}_${j} - most${i}), seen${i}_${j});
    l${i} += p${i}_${j};
    // @end
    // @end
    for (var d = 0u; d < HEAD; d++) {
      let v${j} = v[at${j} * V_STRIDE + v_from + d]; // @unroll j < KEYS
      // @unroll i < QUERIES
      if (real${i}) {
        var sum = select(Wide(0.0), o[o${i} + d] * keep${i}, started);
        sum += p${i}_${j} * v${j}; // @unroll j < KEYS
        o[o${i} + d] = sum;
      }
      // @end
    }
    started = true;
  }
  // @unroll i < QUERIES
  if (real${i}) {
    let part = 1.0 / max(l${i}, 1e-30);
    for (var d = 0u; d < HEAD; d++) { o[o${i} + d] = o[o${i} + d] * part; }
    lse[head * dims.rows + row${i}] = m${i} + log(max(l${i}, 1e-30));
  }
  // @end
}
