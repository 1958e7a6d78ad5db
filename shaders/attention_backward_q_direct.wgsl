// dQ of causal attention without workgroup memory: with P = exp(scale · QKᵀ − lse) and dS = P ∘ (dO · Vᵀ − D),
// dQ = scale · dS · K. One thread has QUERIES queries of a head and takes KEYS keys at a time.
// @include dims
// @include wide
// @include attention_mask
// @include attention_gradient element=Wide
const HEAD: u32 = 16u;
const DQ_STRIDE: u32 = 240u;
const DQ_COLUMN: u32 = 0u;
const QUERIES: u32 = 4u;
const KEYS: u32 = 4u;
const THREADS: u32 = 4u;
@group(0) @binding(6) var<storage, read_write> dq: array<Wide>;
@group(0) @binding(7) var<storage, read> documents: array<i32>; // @if DOCUMENTS

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let blocks = (dims.length + QUERIES - 1u) / QUERIES;
  let item = group.x * THREADS + thread;
  if (item >= blocks * dims.batch) { return; }
  let head = group.y;
  let base = item / blocks * dims.length;
  let first = (item % blocks) * QUERIES;
  let last = dims.length - 1u;
  let key_end = min(first + QUERIES, dims.length);
  let k_from = K_COLUMN + head / GROUP * HEAD;
  let v_from = V_COLUMN + head / GROUP * HEAD;
  // @unroll i < QUERIES
  let row${i} = base + min(first + ${i}u, last);
  let q${i} = row${i} * Q_STRIDE + Q_COLUMN + head * HEAD;
  let do${i} = row${i} * DO_STRIDE + DO_COLUMN + head * HEAD;
  let dq${i} = row${i} * DQ_STRIDE + DQ_COLUMN + head * HEAD;
  let real${i} = first + ${i}u <= last;
  let stat${i} = stat[head * dims.rows + row${i}];
  // @end

  var started = false;
  for (var key = first_key(first); key < key_end; key += KEYS) {
    let at${j} = base + min(key + ${j}u, key_end - 1u); // @unroll j < KEYS
    // @unroll i < QUERIES, j < KEYS
    var s${i}_${j} = 0.0;
    var dp${i}_${j} = 0.0;
    // @end
    for (var d = 0u; d < HEAD; d++) {
      // @unroll j < KEYS
      let k${j} = k[at${j} * K_STRIDE + k_from + d];
      let v${j} = v[at${j} * V_STRIDE + v_from + d];
      // @end
      // @unroll i < QUERIES
      let qd${i} = q[q${i} + d];
      let dod${i} = d_o[do${i} + d];
      // @unroll j < KEYS
      s${i}_${j} += total(qd${i} * k${j});
      dp${i}_${j} += total(dod${i} * v${j});
      // @end
      // @end
    }
    // @unroll i < QUERIES, j < KEYS
    var seen${i}_${j} = (key + ${j}u < key_end) & in_reach(first + ${i}u, key + ${j}u);
    seen${i}_${j} = seen${i}_${j} & (documents[at${j}] == documents[row${i}]); // @if DOCUMENTS
    let ds${i}_${j} = select(0.0, exp(min(s${i}_${j} * SCALE - stat${i}.x, 80.0)) * (dp${i}_${j} - stat${i}.y) * SCALE, seen${i}_${j});
    // @end
    for (var d = 0u; d < HEAD; d++) {
      let k${j} = k[at${j} * K_STRIDE + k_from + d]; // @unroll j < KEYS
      // @unroll i < QUERIES
      if (real${i}) {
        var sum = select(Wide(0.0), dq[dq${i} + d], started);
        sum += ds${i}_${j} * k${j}; // @unroll j < KEYS
        dq[dq${i} + d] = sum;
      }
      // @end
    }
    started = true;
  }
}
