enable subgroups; // @if SUBGROUPS
// Who works on a row: a workgroup of LANES threads, or (SERIAL, software adapters) one thread of THREADS. Included
// first, since an extension is enabled before all else. Sums are of a fixed order on a device.
const THREADS: u32 = 128u;
const LANES: u32 = 128u;
const SERIAL: bool = false;
const SUBGROUPS: bool = false; // of any size up to LANES, whichever threads they hold
// @if SERIAL
fn item_of(group: vec3u, groups: vec3u, thread: u32) -> u32 {
  return (group.y * groups.x + group.x) * THREADS + thread;
}
fn lane_of(thread: u32) -> u32 { return 0u; }
fn reduce(lane: u32, value: f32) -> f32 { return value; }
fn reduce_max(lane: u32, value: f32) -> f32 { return value; }
// @else
fn item_of(group: vec3u, groups: vec3u, thread: u32) -> u32 { return group.y * groups.x + group.x; }
fn lane_of(thread: u32) -> u32 { return thread; }

var<workgroup> partial: array<f32, LANES>;

// @if SUBGROUPS
// Each subgroup's sum at the place of one of its lanes, zero at the others; then every subgroup adds up all places.
fn reduce(lane: u32, value: f32) -> f32 {
  let place = subgroupExclusiveAdd(1u);
  let size = subgroupAdd(1u);
  let own = subgroupAdd(value);
  partial[lane] = select(0.0, own, place == 0u);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = place; i < LANES; i += size) { sum += partial[i]; }
  let all = subgroupAdd(sum);
  workgroupBarrier();
  return all;
}

fn reduce_max(lane: u32, value: f32) -> f32 {
  let place = subgroupExclusiveAdd(1u);
  let size = subgroupAdd(1u);
  partial[lane] = subgroupMax(value);
  workgroupBarrier();
  var most = value;
  for (var i = place; i < LANES; i += size) { most = max(most, partial[i]); }
  let all = subgroupMax(most);
  workgroupBarrier();
  return all;
}
// @else
// Sum over the lanes; all lanes get it.
fn reduce(lane: u32, value: f32) -> f32 {
  partial[lane] = value;
  workgroupBarrier();
  for (var step = LANES / 2u; step > 0u; step = step / 2u) {
    if (lane < step) { partial[lane] = partial[lane] + partial[lane + step]; }
    workgroupBarrier();
  }
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}

fn reduce_max(lane: u32, value: f32) -> f32 {
  partial[lane] = value;
  workgroupBarrier();
  for (var step = LANES / 2u; step > 0u; step = step / 2u) {
    if (lane < step) { partial[lane] = max(partial[lane], partial[lane + step]); }
    workgroupBarrier();
  }
  let most = partial[0];
  workgroupBarrier();
  return most;
}
// @end
// @end
