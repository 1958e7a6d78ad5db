// Who works on a row: a workgroup of LANES threads, or (SERIAL, software adapters) one thread of THREADS.
const THREADS: u32 = 128u;
const LANES: u32 = 128u;
const SERIAL: bool = false;
// @if SERIAL
//~ fn item_of(group: vec3u, groups: vec3u, thread: u32) -> u32 {
//~   return (group.y * groups.x + group.x) * THREADS + thread;
//~ }
//~ fn lane_of(thread: u32) -> u32 { return 0u; }
//~ fn reduce(lane: u32, value: f32) -> f32 { return value; }
//~ fn reduce_max(lane: u32, value: f32) -> f32 { return value; }
// @else
fn item_of(group: vec3u, groups: vec3u, thread: u32) -> u32 { return group.y * groups.x + group.x; }
fn lane_of(thread: u32) -> u32 { return thread; }

var<workgroup> partial: array<f32, LANES>;

// Sum over the lanes in a fixed order; all lanes get it.
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
