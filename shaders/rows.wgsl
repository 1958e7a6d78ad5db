// Moves rows. MODE 0: gather, out[i] = x[index[offset + i]]. MODE 1: scatter, out[index[offset + i]] = x[i].
// MODE 2: out (+)= FACTOR · x. MODE 3: into a cache of CAPACITY rows per batch row, at positions or after its first `start`
// rows.
// @include dims
// @include wide
const MODE: u32 = 2u;
const WIDTH: u32 = 144u;
const X_STRIDE: u32 = 144u;
const X_COLUMN: u32 = 0u;
const OUT_STRIDE: u32 = 144u;
const OUT_COLUMN: u32 = 0u;
const CAPACITY: u32 = 1024u;
const ACCUMULATE: bool = false;
const FACTOR: f32 = 1.0; // @if SCALED
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read> x: array<Wide>;
@group(0) @binding(2) var<storage, read_write> out: array<Wide>;
@group(0) @binding(3) var<storage, read> index: array<u32>; // @if MODE == 0
@group(0) @binding(3) var<storage, read> index: array<u32>; // @if MODE == 1
@group(0) @binding(3) var<storage, read> positions: array<u32>; // @if POSITIONS

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
  var source = row;
  var to = row;
  source = index[dims.offset + row]; // @if MODE == 0
  to = index[dims.offset + row]; // @if MODE == 1
  // @if MODE == 3
  let place = positions[row]; // @if POSITIONS
  let place = dims.start + row % dims.length; // @if !POSITIONS
  if (place >= CAPACITY) { return; }
  to = row / dims.length * CAPACITY + place;
  // @end
  let value = FACTOR * x[source * X_STRIDE + X_COLUMN + i]; // @if SCALED
  let value = x[source * X_STRIDE + X_COLUMN + i]; // @if !SCALED
  let at = to * OUT_STRIDE + OUT_COLUMN + i;
  out[at] += value; // @if ACCUMULATE
  out[at] = value; // @if !ACCUMULATE
}
