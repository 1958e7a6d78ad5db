// Token embedding: out[row] = table[ids[row]] · SCALE (+ position_table[position], GPT-2).
// A table in several parts takes one dispatch a part: rows whose id is outside [BEGIN, END) are left alone.
// @include dims
// @include wide
const WIDTH: u32 = 144u;
const OUT_STRIDE: u32 = 144u;
const OUT_COLUMN: u32 = 0u;
const SCALE: f32 = 1.0;
const THREADS: u32 = 64u;
const BEGIN: u32 = 0u;
const END: u32 = 49152u;
const F16: bool = false;
const LEARNED: bool = false;
const LEARNED_F16: bool = false;
const LEARNED_ROWS: u32 = 1024u;
const POSITIONS: bool = false;
// @if WIDE == 4
alias Halves = vec2u;
fn halves(pair: Halves, i: u32) -> Wide { return vec4f(unpack2x16float(pair.x), unpack2x16float(pair.y)); }
const PER_HALVES: u32 = 1u;
// @else
//~ alias Halves = u32;
//~ fn halves(pair: Halves, i: u32) -> Wide { return unpack2x16float(pair)[i % 2u]; }
//~ const PER_HALVES: u32 = 2u;
// @end
@group(0) @binding(1) var<storage, read> ids: array<u32>;
// @if F16
//~ @group(0) @binding(2) var<storage, read> table: array<Halves>;
//~ fn table_at(i: u32) -> Wide { return halves(table[i / PER_HALVES], i); }
// @else
@group(0) @binding(2) var<storage, read> table: array<Wide>;
fn table_at(i: u32) -> Wide { return table[i]; }
// @end
@group(0) @binding(3) var<storage, read_write> out: array<Wide>;
// @if LEARNED
// @if LEARNED_F16
//~ //~ @group(0) @binding(4) var<storage, read> learned: array<Halves>;
//~ //~ fn learned_at(i: u32) -> Wide { return halves(learned[i / PER_HALVES], i); }
// @else
//~ @group(0) @binding(4) var<storage, read> learned: array<Wide>;
//~ fn learned_at(i: u32) -> Wide { return learned[i]; }
// @end
// @if POSITIONS
//~ //~ @group(0) @binding(5) var<storage, read> positions: array<u32>;
// @end
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
  var value = table_at((id - BEGIN) * WIDTH + i) * SCALE;
  // @if LEARNED
  // @if POSITIONS
  //~ //~ let position = positions[row];
  // @else
  //~ let position = dims.start + row % dims.length;
  // @end
  //~ value += learned_at(min(position, LEARNED_ROWS - 1u) * WIDTH + i);
  // @end
  out[row * OUT_STRIDE + OUT_COLUMN + i] = value;
}
