struct Dims {
  rows: u32,
  batch: u32,
  length: u32,
  start: u32,
  offset: u32,
  supervised: u32,
  step: u32,
  seed: u32,
  scale: f32,
  strength: f32,
  micro: u32,
  first_module: u32,
}
@group(0) @binding(0) var<uniform> dims: Dims;
const WINDOW: u32 = 0u;
const DOCUMENTS: bool = true;
const MASKED: f32 = -1e30;
fn in_reach(query: u32, key: u32) -> bool {
  return (key <= query) & ((WINDOW == 0u) | (query - key < WINDOW));
}
fn first_key(query: u32) -> u32 {
  if (WINDOW == 0u || query < WINDOW) { return 0u; }
  return query + 1u - WINDOW;
}
const GROUP: u32 = 2u;
const SCALE: f32 = 0.5;
const Q_STRIDE: u32 = 8u;
const Q_COLUMN: u32 = 0u;
const K_STRIDE: u32 = 8u;
const K_COLUMN: u32 = 0u;
const V_STRIDE: u32 = 8u;
const V_COLUMN: u32 = 0u;
@group(0) @binding(1) var<storage, read> q: array<vec4f>;
@group(0) @binding(2) var<storage, read> k: array<vec4f>;
@group(0) @binding(3) var<storage, read> v: array<vec4f>;
const OWN: u32 = 32u;
const OTHER: u32 = 64u;
const OWN4: u32 = 8u;
const OTHER4: u32 = 16u;
const DEPTH4: u32 = 4u;
const DEPTH: u32 = 4u * DEPTH4;
const HEAD: u32 = 2u;
const HEAD_PANELS: u32 = (HEAD + DEPTH4 - 1u) / DEPTH4;
const VECTORS: u32 = 1u;
const ROWS_STAGED: u32 = 64u;
const THREADS: u32 = OWN4 * OTHER4;
const ROW_LOADS: u32 = (ROWS_STAGED * HEAD + THREADS - 1u) / THREADS;
const OWN_STEPS: u32 = 4u * OWN4 + 2u;
const OTHER_STEPS: u32 = 4u * OTHER4 + 2u;
const WEIGHT_ROWS: u32 = 4u * OWN4 + 1u;
const OTHERS: u32 = DEPTH4 * OWN_STEPS;
const STAGE: u32 = OTHERS + DEPTH4 * OTHER_STEPS;
var<workgroup> stage: array<vec4f, STAGE>;
var<workgroup> weights: array<vec4f, OTHER4 * WEIGHT_ROWS>;
const PRODUCTS: u32 = 1u;
const O_STRIDE: u32 = 8u;
const O_COLUMN: u32 = 0u;
@group(0) @binding(4) var<storage, read_write> o: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<storage, read> documents: array<i32>;
fn own(which: u32, row: u32, head: u32, d: u32) -> vec4f { return q[row * Q_STRIDE + Q_COLUMN + head * HEAD + d]; }
fn theirs(which: u32, row: u32, head: u32, d: u32) -> vec4f { return k[row * K_STRIDE + K_COLUMN + head * HEAD + d]; }
@compute @workgroup_size(OTHER4, OWN4)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(local_invocation_id) local: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let thread_x = local.x;
  let thread_y = local.y;
  let blocks = (dims.length + OWN - 1u) / OWN;
  if (group.x >= blocks * dims.batch) { return; }
  let own_head = group.y;
  let other_head = own_head / GROUP;
  let base = group.x / blocks * dims.length;
  let first = group.x % blocks * OWN;
  let last = dims.length - 1u;
  let key_end = min(first + OWN, dims.length);
  let query0 = first + 4u * thread_y + 0u;
  var sum0_0 = vec4f();
  let query1 = first + 4u * thread_y + 1u;
  var sum1_0 = vec4f();
  let query2 = first + 4u * thread_y + 2u;
  var sum2_0 = vec4f();
  let query3 = first + 4u * thread_y + 3u;
  var sum3_0 = vec4f();
  var m = vec4f(MASKED);
  var l = vec4f();
  for (var other = first_key(first); other < key_end; other += OTHER) {
    var s0 = vec4f();
    var fetched0 = vec4f();
    var s1 = vec4f();
    var fetched1 = vec4f();
    var s2 = vec4f();
    var fetched2 = vec4f();
    var s3 = vec4f();
    var fetched3 = vec4f();
    let step = thread % DEPTH4;
    let own4 = thread / DEPTH4;
    let other4 = own4 - OWN4;
    for (var panel = 0u; panel < PRODUCTS * HEAD_PANELS + 1u; panel++) {
      if (panel < PRODUCTS * HEAD_PANELS) {
        let which = panel / HEAD_PANELS;
        let d = panel % HEAD_PANELS * DEPTH4 + step;
        if (own4 < OWN4) {
          fetched0 = select(vec4f(), own(which, base + min(first + 4u * own4 + 0u, last), own_head, min(d, HEAD - 1u)), d < HEAD);
          fetched1 = select(vec4f(), own(which, base + min(first + 4u * own4 + 1u, last), own_head, min(d, HEAD - 1u)), d < HEAD);
          fetched2 = select(vec4f(), own(which, base + min(first + 4u * own4 + 2u, last), own_head, min(d, HEAD - 1u)), d < HEAD);
          fetched3 = select(vec4f(), own(which, base + min(first + 4u * own4 + 3u, last), own_head, min(d, HEAD - 1u)), d < HEAD);
        } else if (other4 < OTHER4) {
          fetched0 = theirs(which, base + min(other + 4u * other4 + 0u, last), other_head, min(d, HEAD - 1u));
          fetched1 = theirs(which, base + min(other + 4u * other4 + 1u, last), other_head, min(d, HEAD - 1u));
          fetched2 = theirs(which, base + min(other + 4u * other4 + 2u, last), other_head, min(d, HEAD - 1u));
          fetched3 = theirs(which, base + min(other + 4u * other4 + 3u, last), other_head, min(d, HEAD - 1u));
        }
      }
      if (panel > 0u) {
        for (var i4 = 0u; i4 < DEPTH4; i4++) {
          let own_row = i4 * OWN_STEPS + thread_y;
          let other_row = OTHERS + i4 * OTHER_STEPS + thread_x;
          {
            let l = stage[own_row + 0u * OWN4];
            let r = stage[other_row + 0u * OTHER4];
            s0 += l[0] * r;
            s1 += l[1] * r;
            s2 += l[2] * r;
            s3 += l[3] * r;
          }
          {
            let l = stage[own_row + 1u * OWN4];
            let r = stage[other_row + 1u * OTHER4];
            s0 += l[0] * r;
            s1 += l[1] * r;
            s2 += l[2] * r;
            s3 += l[3] * r;
          }
          {
            let l = stage[own_row + 2u * OWN4];
            let r = stage[other_row + 2u * OTHER4];
            s0 += l[0] * r;
            s1 += l[1] * r;
            s2 += l[2] * r;
            s3 += l[3] * r;
          }
          {
            let l = stage[own_row + 3u * OWN4];
            let r = stage[other_row + 3u * OTHER4];
            s0 += l[0] * r;
            s1 += l[1] * r;
            s2 += l[2] * r;
            s3 += l[3] * r;
          }
        }
      }
      if (panel == PRODUCTS * HEAD_PANELS) { break; }
      workgroupBarrier();
      if (own4 < OWN4) {
        stage[step * OWN_STEPS + 0u * OWN4 + own4] = vec4f(fetched0[0], fetched1[0], fetched2[0], fetched3[0]);
        stage[step * OWN_STEPS + 1u * OWN4 + own4] = vec4f(fetched0[1], fetched1[1], fetched2[1], fetched3[1]);
        stage[step * OWN_STEPS + 2u * OWN4 + own4] = vec4f(fetched0[2], fetched1[2], fetched2[2], fetched3[2]);
        stage[step * OWN_STEPS + 3u * OWN4 + own4] = vec4f(fetched0[3], fetched1[3], fetched2[3], fetched3[3]);
      } else if (other4 < OTHER4) {
        stage[OTHERS + step * OTHER_STEPS + 0u * OTHER4 + other4] = vec4f(fetched0[0], fetched1[0], fetched2[0], fetched3[0]);
        stage[OTHERS + step * OTHER_STEPS + 1u * OTHER4 + other4] = vec4f(fetched0[1], fetched1[1], fetched2[1], fetched3[1]);
        stage[OTHERS + step * OTHER_STEPS + 2u * OTHER4 + other4] = vec4f(fetched0[2], fetched1[2], fetched2[2], fetched3[2]);
        stage[OTHERS + step * OTHER_STEPS + 3u * OTHER4 + other4] = vec4f(fetched0[3], fetched1[3], fetched2[3], fetched3[3]);
      }
      workgroupBarrier();
    }
    let key0 = other + 4u * thread_x + 0u;
    var seen0 = vec4<bool>(in_reach(query0, key0), in_reach(query1, key0), in_reach(query2, key0), in_reach(query3, key0)) & vec4<bool>(key0 < key_end);
    let document0 = documents[base + min(key0, last)];
    let same0_0 = documents[base + min(query0, last)] == document0;
    let same0_1 = documents[base + min(query1, last)] == document0;
    let same0_2 = documents[base + min(query2, last)] == document0;
    let same0_3 = documents[base + min(query3, last)] == document0;
    seen0 = seen0 & vec4<bool>(same0_0, same0_1, same0_2, same0_3);
    let score0 = select(vec4f(MASKED), SCALE * vec4f(s0[0], s1[0], s2[0], s3[0]), seen0);
    let key1 = other + 4u * thread_x + 1u;
    var seen1 = vec4<bool>(in_reach(query0, key1), in_reach(query1, key1), in_reach(query2, key1), in_reach(query3, key1)) & vec4<bool>(key1 < key_end);
    let document1 = documents[base + min(key1, last)];
    let same1_0 = documents[base + min(query0, last)] == document1;
    let same1_1 = documents[base + min(query1, last)] == document1;
    let same1_2 = documents[base + min(query2, last)] == document1;
    let same1_3 = documents[base + min(query3, last)] == document1;
    seen1 = seen1 & vec4<bool>(same1_0, same1_1, same1_2, same1_3);
    let score1 = select(vec4f(MASKED), SCALE * vec4f(s0[1], s1[1], s2[1], s3[1]), seen1);
    let key2 = other + 4u * thread_x + 2u;
    var seen2 = vec4<bool>(in_reach(query0, key2), in_reach(query1, key2), in_reach(query2, key2), in_reach(query3, key2)) & vec4<bool>(key2 < key_end);
    let document2 = documents[base + min(key2, last)];
    let same2_0 = documents[base + min(query0, last)] == document2;
    let same2_1 = documents[base + min(query1, last)] == document2;
    let same2_2 = documents[base + min(query2, last)] == document2;
    let same2_3 = documents[base + min(query3, last)] == document2;
    seen2 = seen2 & vec4<bool>(same2_0, same2_1, same2_2, same2_3);
    let score2 = select(vec4f(MASKED), SCALE * vec4f(s0[2], s1[2], s2[2], s3[2]), seen2);
    let key3 = other + 4u * thread_x + 3u;
    var seen3 = vec4<bool>(in_reach(query0, key3), in_reach(query1, key3), in_reach(query2, key3), in_reach(query3, key3)) & vec4<bool>(key3 < key_end);
    let document3 = documents[base + min(key3, last)];
    let same3_0 = documents[base + min(query0, last)] == document3;
    let same3_1 = documents[base + min(query1, last)] == document3;
    let same3_2 = documents[base + min(query2, last)] == document3;
    let same3_3 = documents[base + min(query3, last)] == document3;
    seen3 = seen3 & vec4<bool>(same3_0, same3_1, same3_2, same3_3);
    let score3 = select(vec4f(MASKED), SCALE * vec4f(s0[3], s1[3], s2[3], s3[3]), seen3);
    workgroupBarrier();
    stage[thread_y * OTHER4 + thread_x] = max(max(score0, score1), max(score2, score3));
    workgroupBarrier();
    var most = m;
    for (var i = 0u; i < OTHER4; i++) { most = max(most, stage[thread_y * OTHER4 + i]); }
    let keep = exp(m - most);
    m = most;
    l *= keep;
    let p0 = select(vec4f(), exp(score0 - most), seen0);
    l += p0;
    weights[thread_x * WEIGHT_ROWS + 0u * OWN4 + thread_y] = p0;
    let p1 = select(vec4f(), exp(score1 - most), seen1);
    l += p1;
    weights[thread_x * WEIGHT_ROWS + 1u * OWN4 + thread_y] = p1;
    let p2 = select(vec4f(), exp(score2 - most), seen2);
    l += p2;
    weights[thread_x * WEIGHT_ROWS + 2u * OWN4 + thread_y] = p2;
    let p3 = select(vec4f(), exp(score3 - most), seen3);
    l += p3;
    weights[thread_x * WEIGHT_ROWS + 3u * OWN4 + thread_y] = p3;
    sum0_0 *= keep[0];
    sum1_0 *= keep[1];
    sum2_0 *= keep[2];
    sum3_0 *= keep[3];
    for (var piece = 0u; piece < OTHER / ROWS_STAGED; piece++) {
      if (other + piece * ROWS_STAGED >= key_end) { break; }
      workgroupBarrier();
      for (var n = 0u; n < ROW_LOADS; n++) {
        let i = n * THREADS + thread;
        if (i < ROWS_STAGED * HEAD) {
          let row = base + min(other + piece * ROWS_STAGED + i / HEAD, last);
    stage[i] = v[row * V_STRIDE + V_COLUMN + other_head * HEAD + i % HEAD];
        }
      }
      workgroupBarrier();
      for (var j4 = 0u; j4 < ROWS_STAGED / 4u; j4++) {
        let weight_row = (piece * (ROWS_STAGED / 4u) + j4) * WEIGHT_ROWS + thread_y;
        {
          let part = weights[weight_row + 0u * OWN4];
          let value0 = stage[(4u * j4 + 0u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0 += part[0] * value0;
          sum1_0 += part[1] * value0;
          sum2_0 += part[2] * value0;
          sum3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 1u * OWN4];
          let value0 = stage[(4u * j4 + 1u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0 += part[0] * value0;
          sum1_0 += part[1] * value0;
          sum2_0 += part[2] * value0;
          sum3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 2u * OWN4];
          let value0 = stage[(4u * j4 + 2u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0 += part[0] * value0;
          sum1_0 += part[1] * value0;
          sum2_0 += part[2] * value0;
          sum3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 3u * OWN4];
          let value0 = stage[(4u * j4 + 3u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0 += part[0] * value0;
          sum1_0 += part[1] * value0;
          sum2_0 += part[2] * value0;
          sum3_0 += part[3] * value0;
        }
      }
    }
  }
  workgroupBarrier();
  stage[thread_y * OTHER4 + thread_x] = l;
  workgroupBarrier();
  var all = vec4f();
  for (var i = 0u; i < OTHER4; i++) { all += stage[thread_y * OTHER4 + i]; }
  all = max(all, vec4f(1e-30));
  if (query0 <= last) {
    let row = base + query0;
    if (thread_x + 0u * OTHER4 < HEAD) {
      o[row * O_STRIDE + O_COLUMN + own_head * HEAD + thread_x + 0u * OTHER4] = sum0_0 / all[0];
    }
    if (thread_x == 0u) { lse[own_head * dims.rows + row] = m[0] + log(all[0]); }
  }
  if (query1 <= last) {
    let row = base + query1;
    if (thread_x + 0u * OTHER4 < HEAD) {
      o[row * O_STRIDE + O_COLUMN + own_head * HEAD + thread_x + 0u * OTHER4] = sum1_0 / all[1];
    }
    if (thread_x == 0u) { lse[own_head * dims.rows + row] = m[1] + log(all[1]); }
  }
  if (query2 <= last) {
    let row = base + query2;
    if (thread_x + 0u * OTHER4 < HEAD) {
      o[row * O_STRIDE + O_COLUMN + own_head * HEAD + thread_x + 0u * OTHER4] = sum2_0 / all[2];
    }
    if (thread_x == 0u) { lse[own_head * dims.rows + row] = m[2] + log(all[2]); }
  }
  if (query3 <= last) {
    let row = base + query3;
    if (thread_x + 0u * OTHER4 < HEAD) {
      o[row * O_STRIDE + O_COLUMN + own_head * HEAD + thread_x + 0u * OTHER4] = sum3_0 / all[3];
    }
    if (thread_x == 0u) { lse[own_head * dims.rows + row] = m[3] + log(all[3]); }
  }
}
