// dK and dV of causal attention without workgroup memory: dV = PᵀdO, dK = scale · dSᵀQ, summed over the query heads
// of the group. One thread has KEYS keys of a KV head and takes QUERIES queries at a time, in a fixed order.
// SHARED: dk and dv are columns of one buffer.
// @include dims
// @include wide
// @include attention_mask
// @include attention_gradient element=Wide
const HEAD: u32 = 16u;
const DK_STRIDE: u32 = 240u;
const DK_COLUMN: u32 = 144u;
const DV_STRIDE: u32 = 240u;
const DV_COLUMN: u32 = 192u;
const SHARED: bool = true;
const QUERIES: u32 = 4u;
const KEYS: u32 = 4u;
const THREADS: u32 = 4u;
@group(0) @binding(6) var<storage, read_write> dk: array<Wide>;
// @if SHARED
fn dv_at(i: u32) -> Wide { return dk[i]; }
fn set_dv(i: u32, value: Wide) { dk[i] = value; }
@group(0) @binding(7) var<storage, read> documents: array<i32>; // @if DOCUMENTS
// @else
@group(0) @binding(7) var<storage, read_write> dv: array<Wide>;
fn dv_at(i: u32) -> Wide { return dv[i]; }
fn set_dv(i: u32, value: Wide) { dv[i] = value; }
@group(0) @binding(8) var<storage, read> documents: array<i32>; // @if DOCUMENTS
// @end

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let blocks = (dims.length + KEYS - 1u) / KEYS;
  let item = group.x * THREADS + thread;
  if (item >= blocks * dims.batch) { return; }
  let kv_head = group.y;
  let base = item / blocks * dims.length;
  let first = (item % blocks) * KEYS;
  let last = dims.length - 1u;
  // @unroll j < KEYS
  let row${j} = base + min(first + ${j}u, last);
  let k${j} = row${j} * K_STRIDE + K_COLUMN + kv_head * HEAD;
  let v${j} = row${j} * V_STRIDE + V_COLUMN + kv_head * HEAD;
  let dk${j} = row${j} * DK_STRIDE + DK_COLUMN + kv_head * HEAD;
  let dv${j} = row${j} * DV_STRIDE + DV_COLUMN + kv_head * HEAD;
  let real${j} = first + ${j}u <= last;
  // @end
  // Queries beyond the window see none of these keys.
  var query_end = dims.length;
  if (WINDOW > 0u) { query_end = min(query_end, min(first + KEYS - 1u, last) + WINDOW); }

  var started = false;
  for (var head = kv_head * GROUP; head < (kv_head + 1u) * GROUP; head++) {
    for (var query = first; query < query_end; query += QUERIES) {
      // @unroll i < QUERIES
      let at${i} = base + min(query + ${i}u, last);
      let q${i} = at${i} * Q_STRIDE + Q_COLUMN + head * HEAD;
      let do${i} = at${i} * DO_STRIDE + DO_COLUMN + head * HEAD;
      let stat${i} = stat[head * dims.rows + at${i}];
      // @unroll j < KEYS
      var s${i}_${j} = 0.0;
      var dp${i}_${j} = 0.0;
      // @end
      // @end
      for (var d = 0u; d < HEAD; d++) {
        // @unroll j < KEYS
        let kd${j} = k[k${j} + d];
        let vd${j} = v[v${j} + d];
        // @end
        // @unroll i < QUERIES
        let qd${i} = q[q${i} + d];
        let dod${i} = d_o[do${i} + d];
        // @unroll j < KEYS
        s${i}_${j} += total(qd${i} * kd${j});
        dp${i}_${j} += total(dod${i} * vd${j});
        // @end
        // @end
      }
      // @unroll i < QUERIES, j < KEYS
      var seen${i}_${j} = (query + ${i}u < query_end) & in_reach(query + ${i}u, first + ${j}u);
      seen${i}_${j} = seen${i}_${j} & (documents[at${i}] == documents[row${j}]); // @if DOCUMENTS
      let p${i}_${j} = select(0.0, exp(min(s${i}_${j} * SCALE - stat${i}.x, 80.0)), seen${i}_${j});
      let ds${i}_${j} = p${i}_${j} * (dp${i}_${j} - stat${i}.y) * SCALE;
      // @end
      for (var d = 0u; d < HEAD; d++) {
        // @unroll i < QUERIES
        let qd${i} = q[q${i} + d];
        let dod${i} = d_o[do${i} + d];
        // @end
        // @unroll j < KEYS
        if (real${j}) {
          var sum_k = select(Wide(0.0), dk[dk${j} + d], started);
          var sum_v = select(Wide(0.0), dv_at(dv${j} + d), started);
          // @unroll i < QUERIES
          sum_k += ds${i}_${j} * qd${i};
          sum_v += p${i}_${j} * dod${i};
          // @end
          dk[dk${j} + d] = sum_k;
          set_dv(dv${j} + d, sum_v);
        }
        // @end
      }
      started = true;
    }
  }
}
