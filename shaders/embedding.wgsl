// Token embedding: out[row] = table[ids[row]] · SCALE (+ position_table[position], GPT-2).
// A table in several parts takes one dispatch a part: rows whose id is outside [BEGIN, END) are left alone.
// @include dims
// @include wide
// @include weight
const WIDTH: u32 = 144u;
const OUT_STRIDE: u32 = 144u;
const OUT_COLUMN: u32 = 0u;
const SCALE: f32 = 1.0;
const THREADS: u32 = 64u;
const BEGIN: u32 = 0u;
const END: u32 = 49152u;
const LEARNED: bool = false;
const LEARNED_F16: bool = false;
const LEARNED_ROWS: u32 = 1024u;
const POSITIONS: bool = false;
const AT_IDS: u32 = 1u;
const AT_OUT: u32 = 4u;
const AT_LEARNED: u32 = 5u;
const AT_POSITIONS: u32 = 6u;
@group(0) @binding(AT_IDS) var<storage, read> ids: array<u32>;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<Wide>;
fn table_at(row: u32, i: u32) -> Wide { return weight4(row, i); } // @if WIDE == 4
fn table_at(row: u32, i: u32) -> Wide { return weight4(row, i / 4u)[i % 4u]; } // @if WIDE != 4 && K_VEC
fn table_at(row: u32, i: u32) -> Wide { return weight1(row, i); } // @if WIDE != 4 && !K_VEC
// @if LEARNED
// @if LEARNED_F16
// @if WIDE == 4
@group(0) @binding(AT_LEARNED) var<storage, read> learned: array<vec2u>;
fn learned_at(i: u32) -> Wide { return vec4f(unpack2x16float(learned[i].x), unpack2x16float(learned[i].y)); }
// @else
@group(0) @binding(AT_LEARNED) var<storage, read> learned: array<u32>;
fn learned_at(i: u32) -> Wide { return unpack2x16float(learned[i / 2u])[i % 2u]; }
// @end
// @else
@group(0) @binding(AT_LEARNED) var<storage, read> learned: array<Wide>;
fn learned_at(i: u32) -> Wide { return learned[i]; }
// @end
@group(0) @binding(AT_POSITIONS) var<storage, read> positions: array<u32>; // @if POSITIONS
// @end

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let item = (group.y * groups.x + group.x) * THREADS + thread;
  let row = item / WIDTH;
  if (row >= dims.rows) { return; }
  let i = item % WIDTH;
  let id = ids[row];
  if (id < BEGIN || id >= END) { return; }
  var value = table_at(id - BEGIN, i) * SCALE;
  // @if LEARNED
  let position = positions[row]; // @if POSITIONS
  let position = dims.start + row % dims.length; // @if !POSITIONS
  value += learned_at(min(position, LEARNED_ROWS - 1u) * WIDTH + i);
  // @end
  out[row * OUT_STRIDE + OUT_COLUMN + i] = value;
}
