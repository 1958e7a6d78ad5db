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
const DO_STRIDE: u32 = 8u;
const DO_COLUMN: u32 = 0u;
@group(0) @binding(4) var<storage, read> d_o: array<vec4f>;
@group(0) @binding(5) var<storage, read> stat: array<vec2f>;
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
const PRODUCTS: u32 = 2u;
const DK_STRIDE: u32 = 8u;
const DK_COLUMN: u32 = 0u;
const DV_STRIDE: u32 = 8u;
const DV_COLUMN: u32 = 0u;
const SHARED: bool = false;
@group(0) @binding(6) var<storage, read_write> dk: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> dv: array<vec4f>;
fn set_dv(i: u32, value: vec4f) { dv[i] = value; }
@group(0) @binding(8) var<storage, read> documents: array<i32>;
fn own(which: u32, row: u32, head: u32, d: u32) -> vec4f {
  if (which == 0u) { return k[row * K_STRIDE + K_COLUMN + head * HEAD + d]; }
  return v[row * V_STRIDE + V_COLUMN + head * HEAD + d];
}
fn theirs(which: u32, row: u32, head: u32, d: u32) -> vec4f {
  if (which == 0u) { return q[row * Q_STRIDE + Q_COLUMN + head * HEAD + d]; }
  return d_o[row * DO_STRIDE + DO_COLUMN + head * HEAD + d];
}
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
  let base = group.x / blocks * dims.length;
  let first = group.x % blocks * OWN;
  let last = dims.length - 1u;
  let key0 = first + 4u * thread_y + 0u;
  var sum0_0_0 = vec4f();
  var sum1_0_0 = vec4f();
  let key1 = first + 4u * thread_y + 1u;
  var sum0_1_0 = vec4f();
  var sum1_1_0 = vec4f();
  let key2 = first + 4u * thread_y + 2u;
  var sum0_2_0 = vec4f();
  var sum1_2_0 = vec4f();
  let key3 = first + 4u * thread_y + 3u;
  var sum0_3_0 = vec4f();
  var sum1_3_0 = vec4f();
  var query_end = dims.length;
  if (WINDOW > 0u) { query_end = min(query_end, min(first + OWN - 1u, last) + WINDOW); }
  for (var other_head = own_head * GROUP; other_head < (own_head + 1u) * GROUP; other_head++) {
    for (var other = first; other < query_end; other += OTHER) {
    var s0 = vec4f();
    var t0 = vec4f();
    var fetched0 = vec4f();
    var s1 = vec4f();
    var t1 = vec4f();
    var fetched1 = vec4f();
    var s2 = vec4f();
    var t2 = vec4f();
    var fetched2 = vec4f();
    var s3 = vec4f();
    var t3 = vec4f();
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
      if (panel == HEAD_PANELS) {
        t0 = s0;
        s0 = vec4f();
        t1 = s1;
        s1 = vec4f();
        t2 = s2;
        s2 = vec4f();
        t3 = s3;
        s3 = vec4f();
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
    let second0 = s0;
    s0 = t0;
    t0 = second0;
    let second1 = s1;
    s1 = t1;
    t1 = second1;
    let second2 = s2;
    s2 = t2;
    t2 = second2;
    let second3 = s3;
    s3 = t3;
    t3 = second3;
      let query0 = other + 4u * thread_x + 0u;
      let at0 = base + min(query0, last);
      let stat0 = stat[other_head * dims.rows + at0];
      var seen0 = vec4<bool>(in_reach(query0, key0), in_reach(query0, key1), in_reach(query0, key2), in_reach(query0, key3)) & vec4<bool>(query0 < query_end);
      let same0_0 = documents[base + min(key0, last)] == documents[at0];
      let same0_1 = documents[base + min(key1, last)] == documents[at0];
      let same0_2 = documents[base + min(key2, last)] == documents[at0];
      let same0_3 = documents[base + min(key3, last)] == documents[at0];
      seen0 = seen0 & vec4<bool>(same0_0, same0_1, same0_2, same0_3);
      let weight0_0 = select(vec4f(), exp(min(SCALE * vec4f(s0[0], s1[0], s2[0], s3[0]) - stat0.x, vec4f(80.0))), seen0);
      let weight1_0 = weight0_0 * (vec4f(t0[0], t1[0], t2[0], t3[0]) - stat0.y) * SCALE;
      let query1 = other + 4u * thread_x + 1u;
      let at1 = base + min(query1, last);
      let stat1 = stat[other_head * dims.rows + at1];
      var seen1 = vec4<bool>(in_reach(query1, key0), in_reach(query1, key1), in_reach(query1, key2), in_reach(query1, key3)) & vec4<bool>(query1 < query_end);
      let same1_0 = documents[base + min(key0, last)] == documents[at1];
      let same1_1 = documents[base + min(key1, last)] == documents[at1];
      let same1_2 = documents[base + min(key2, last)] == documents[at1];
      let same1_3 = documents[base + min(key3, last)] == documents[at1];
      seen1 = seen1 & vec4<bool>(same1_0, same1_1, same1_2, same1_3);
      let weight0_1 = select(vec4f(), exp(min(SCALE * vec4f(s0[1], s1[1], s2[1], s3[1]) - stat1.x, vec4f(80.0))), seen1);
      let weight1_1 = weight0_1 * (vec4f(t0[1], t1[1], t2[1], t3[1]) - stat1.y) * SCALE;
      let query2 = other + 4u * thread_x + 2u;
      let at2 = base + min(query2, last);
      let stat2 = stat[other_head * dims.rows + at2];
      var seen2 = vec4<bool>(in_reach(query2, key0), in_reach(query2, key1), in_reach(query2, key2), in_reach(query2, key3)) & vec4<bool>(query2 < query_end);
      let same2_0 = documents[base + min(key0, last)] == documents[at2];
      let same2_1 = documents[base + min(key1, last)] == documents[at2];
      let same2_2 = documents[base + min(key2, last)] == documents[at2];
      let same2_3 = documents[base + min(key3, last)] == documents[at2];
      seen2 = seen2 & vec4<bool>(same2_0, same2_1, same2_2, same2_3);
      let weight0_2 = select(vec4f(), exp(min(SCALE * vec4f(s0[2], s1[2], s2[2], s3[2]) - stat2.x, vec4f(80.0))), seen2);
      let weight1_2 = weight0_2 * (vec4f(t0[2], t1[2], t2[2], t3[2]) - stat2.y) * SCALE;
      let query3 = other + 4u * thread_x + 3u;
      let at3 = base + min(query3, last);
      let stat3 = stat[other_head * dims.rows + at3];
      var seen3 = vec4<bool>(in_reach(query3, key0), in_reach(query3, key1), in_reach(query3, key2), in_reach(query3, key3)) & vec4<bool>(query3 < query_end);
      let same3_0 = documents[base + min(key0, last)] == documents[at3];
      let same3_1 = documents[base + min(key1, last)] == documents[at3];
      let same3_2 = documents[base + min(key2, last)] == documents[at3];
      let same3_3 = documents[base + min(key3, last)] == documents[at3];
      seen3 = seen3 & vec4<bool>(same3_0, same3_1, same3_2, same3_3);
      let weight0_3 = select(vec4f(), exp(min(SCALE * vec4f(s0[3], s1[3], s2[3], s3[3]) - stat3.x, vec4f(80.0))), seen3);
      let weight1_3 = weight0_3 * (vec4f(t0[3], t1[3], t2[3], t3[3]) - stat3.y) * SCALE;
      workgroupBarrier();
      weights[thread_x * WEIGHT_ROWS + 0u * OWN4 + thread_y] = weight0_0;
      weights[thread_x * WEIGHT_ROWS + 1u * OWN4 + thread_y] = weight0_1;
      weights[thread_x * WEIGHT_ROWS + 2u * OWN4 + thread_y] = weight0_2;
      weights[thread_x * WEIGHT_ROWS + 3u * OWN4 + thread_y] = weight0_3;
    for (var piece = 0u; piece < OTHER / ROWS_STAGED; piece++) {
      if (other + piece * ROWS_STAGED >= query_end) { break; }
      workgroupBarrier();
      for (var n = 0u; n < ROW_LOADS; n++) {
        let i = n * THREADS + thread;
        if (i < ROWS_STAGED * HEAD) {
          let row = base + min(other + piece * ROWS_STAGED + i / HEAD, last);
      stage[i] = theirs(1u - 0u, row, other_head, i % HEAD);
        }
      }
      workgroupBarrier();
      for (var j4 = 0u; j4 < ROWS_STAGED / 4u; j4++) {
        let weight_row = (piece * (ROWS_STAGED / 4u) + j4) * WEIGHT_ROWS + thread_y;
        {
          let part = weights[weight_row + 0u * OWN4];
          let value0 = stage[(4u * j4 + 0u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0_0 += part[0] * value0;
          sum0_1_0 += part[1] * value0;
          sum0_2_0 += part[2] * value0;
          sum0_3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 1u * OWN4];
          let value0 = stage[(4u * j4 + 1u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0_0 += part[0] * value0;
          sum0_1_0 += part[1] * value0;
          sum0_2_0 += part[2] * value0;
          sum0_3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 2u * OWN4];
          let value0 = stage[(4u * j4 + 2u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0_0 += part[0] * value0;
          sum0_1_0 += part[1] * value0;
          sum0_2_0 += part[2] * value0;
          sum0_3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 3u * OWN4];
          let value0 = stage[(4u * j4 + 3u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum0_0_0 += part[0] * value0;
          sum0_1_0 += part[1] * value0;
          sum0_2_0 += part[2] * value0;
          sum0_3_0 += part[3] * value0;
        }
      }
    }
      workgroupBarrier();
      weights[thread_x * WEIGHT_ROWS + 0u * OWN4 + thread_y] = weight1_0;
      weights[thread_x * WEIGHT_ROWS + 1u * OWN4 + thread_y] = weight1_1;
      weights[thread_x * WEIGHT_ROWS + 2u * OWN4 + thread_y] = weight1_2;
      weights[thread_x * WEIGHT_ROWS + 3u * OWN4 + thread_y] = weight1_3;
    for (var piece = 0u; piece < OTHER / ROWS_STAGED; piece++) {
      if (other + piece * ROWS_STAGED >= query_end) { break; }
      workgroupBarrier();
      for (var n = 0u; n < ROW_LOADS; n++) {
        let i = n * THREADS + thread;
        if (i < ROWS_STAGED * HEAD) {
          let row = base + min(other + piece * ROWS_STAGED + i / HEAD, last);
      stage[i] = theirs(1u - 1u, row, other_head, i % HEAD);
        }
      }
      workgroupBarrier();
      for (var j4 = 0u; j4 < ROWS_STAGED / 4u; j4++) {
        let weight_row = (piece * (ROWS_STAGED / 4u) + j4) * WEIGHT_ROWS + thread_y;
        {
          let part = weights[weight_row + 0u * OWN4];
          let value0 = stage[(4u * j4 + 0u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum1_0_0 += part[0] * value0;
          sum1_1_0 += part[1] * value0;
          sum1_2_0 += part[2] * value0;
          sum1_3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 1u * OWN4];
          let value0 = stage[(4u * j4 + 1u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum1_0_0 += part[0] * value0;
          sum1_1_0 += part[1] * value0;
          sum1_2_0 += part[2] * value0;
          sum1_3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 2u * OWN4];
          let value0 = stage[(4u * j4 + 2u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum1_0_0 += part[0] * value0;
          sum1_1_0 += part[1] * value0;
          sum1_2_0 += part[2] * value0;
          sum1_3_0 += part[3] * value0;
        }
        {
          let part = weights[weight_row + 3u * OWN4];
          let value0 = stage[(4u * j4 + 3u) * HEAD + min(thread_x + 0u * OTHER4, HEAD - 1u)];
          sum1_0_0 += part[0] * value0;
          sum1_1_0 += part[1] * value0;
          sum1_2_0 += part[2] * value0;
          sum1_3_0 += part[3] * value0;
        }
      }
    }
    }
  }
  if (key0 <= last) {
    let row = base + key0;
    if (thread_x + 0u * OTHER4 < HEAD) {
      let column = own_head * HEAD + thread_x + 0u * OTHER4;
      dk[row * DK_STRIDE + DK_COLUMN + column] = sum1_0_0;
      set_dv(row * DV_STRIDE + DV_COLUMN + column, sum0_0_0);
    }
  }
  if (key1 <= last) {
    let row = base + key1;
    if (thread_x + 0u * OTHER4 < HEAD) {
      let column = own_head * HEAD + thread_x + 0u * OTHER4;
      dk[row * DK_STRIDE + DK_COLUMN + column] = sum1_1_0;
      set_dv(row * DV_STRIDE + DV_COLUMN + column, sum0_1_0);
    }
  }
  if (key2 <= last) {
    let row = base + key2;
    if (thread_x + 0u * OTHER4 < HEAD) {
      let column = own_head * HEAD + thread_x + 0u * OTHER4;
      dk[row * DK_STRIDE + DK_COLUMN + column] = sum1_2_0;
      set_dv(row * DV_STRIDE + DV_COLUMN + column, sum0_2_0);
    }
  }
  if (key3 <= last) {
    let row = base + key3;
    if (thread_x + 0u * OTHER4 < HEAD) {
      let column = own_head * HEAD + thread_x + 0u * OTHER4;
      dk[row * DK_STRIDE + DK_COLUMN + column] = sum1_3_0;
      set_dv(row * DV_STRIDE + DV_COLUMN + column, sum0_3_0);
    }
  }
}
