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
const PARTS: u32 = 3u;
const PART_BEGIN = array<u32, 3>(0u, 64u, 128u);
const PART_END = array<u32, 3>(64u, 128u, 192u);
const PART_MODULE = array<u32, 1>(0u);
fn part_of(column: u32) -> u32 {
  var part = 0u;
  for (var p = 1u; p < PARTS; p++) {
    if (column >= PART_BEGIN[p]) {
      part = p;
    }
  }
  return part;
}
const DROPOUT: bool = false;
const SCALE: f32 = 2.0;
const GRADIENT_OF_A: bool = false;
const RANK: u32 = 8u;
const RANK_TILES: u32 = 1u;
const C: u32 = 192u;
const C_VEC: bool = true;
const WIDE_STRIDE: u32 = 192u;
const WIDE_COLUMN: u32 = 0u;
const AT_WIDE: u32 = 1u;
@group(0) @binding(AT_WIDE) var<storage, read> wide: array<vec4f>;
fn wide4(base: u32, column: u32) -> vec4f {
  return wide[(base + column) / 4u];
}
const NARROW_STRIDE: u32 = 24u;
const NARROW_COLUMN: u32 = 0u;
const AT_NARROW: u32 = 2u;
@group(0) @binding(AT_NARROW) var<storage, read> narrow: array<vec4f>;
const CHUNKS: u32 = 1u;
const OUT_LENGTH: u32 = 1536u;
const AT_OUT: u32 = 3u;
@group(0) @binding(AT_OUT) var<storage, read_write> out: array<f32>;
fn add_to(at: u32, chunk: u32, value: f32) {
  out[at] += SCALE * value;
}
const QUAD: bool = false;
const WIDE: u32 = 2u;
const NARROW: u32 = 2u;
const GROUPS: u32 = 2u;
@compute @workgroup_size(4, GROUPS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let lane = local.x;
  let chunk = group.y;
  let part = group.z / RANK_TILES;
  let first_rank = (group.z % RANK_TILES) * (4u * NARROW);
  let begin = PART_BEGIN[part];
  let end = PART_END[part];
  let first_column = begin + ((group.x * GROUPS + local.y) * 4u + lane) * (4u * WIDE);
  let rows_in_chunk = (dims.rows + CHUNKS - 1u) / CHUNKS;
  let first_row = chunk * rows_in_chunk;
  let end_row = min(first_row + rows_in_chunk, dims.rows);
  let narrow_at0 = NARROW_COLUMN + part * RANK + min(first_rank + 4u * 0u, RANK - 4u);
  var sum0_0_0 = vec4f();
  var sum0_0_1 = vec4f();
  var sum0_0_2 = vec4f();
  var sum0_0_3 = vec4f();
  var sum0_1_0 = vec4f();
  var sum0_1_1 = vec4f();
  var sum0_1_2 = vec4f();
  var sum0_1_3 = vec4f();
  let narrow_at1 = NARROW_COLUMN + part * RANK + min(first_rank + 4u * 1u, RANK - 4u);
  var sum1_0_0 = vec4f();
  var sum1_0_1 = vec4f();
  var sum1_0_2 = vec4f();
  var sum1_0_3 = vec4f();
  var sum1_1_0 = vec4f();
  var sum1_1_1 = vec4f();
  var sum1_1_2 = vec4f();
  var sum1_1_3 = vec4f();
  let column0 = min(first_column + 4u * 0u, end - 4u);
  let column1 = min(first_column + 4u * 1u, end - 4u);
  for (var row = first_row; row < end_row; row++) {
    let wide_base = row * WIDE_STRIDE + WIDE_COLUMN;
    let v0 = wide4(wide_base, column0);
    let v1 = wide4(wide_base, column1);
    {
      let n = narrow[row * (NARROW_STRIDE / 4u) + narrow_at0 / 4u];
      sum0_0_0 += n.x * v0;
      sum0_0_1 += n.y * v0;
      sum0_0_2 += n.z * v0;
      sum0_0_3 += n.w * v0;
      sum0_1_0 += n.x * v1;
      sum0_1_1 += n.y * v1;
      sum0_1_2 += n.z * v1;
      sum0_1_3 += n.w * v1;
    }
    {
      let n = narrow[row * (NARROW_STRIDE / 4u) + narrow_at1 / 4u];
      sum1_0_0 += n.x * v0;
      sum1_0_1 += n.y * v0;
      sum1_0_2 += n.z * v0;
      sum1_0_3 += n.w * v0;
      sum1_1_0 += n.x * v1;
      sum1_1_1 += n.y * v1;
      sum1_1_2 += n.z * v1;
      sum1_1_3 += n.w * v1;
    }
  }
  {
    let column = first_column + 4u * 0u + 0u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_0_0[0]);
        add_to(column * RANK + rank + 1u, chunk, sum0_0_1[0]);
        add_to(column * RANK + rank + 2u, chunk, sum0_0_2[0]);
        add_to(column * RANK + rank + 3u, chunk, sum0_0_3[0]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_0_0[0]);
        add_to(column * RANK + rank + 1u, chunk, sum1_0_1[0]);
        add_to(column * RANK + rank + 2u, chunk, sum1_0_2[0]);
        add_to(column * RANK + rank + 3u, chunk, sum1_0_3[0]);
      }
    }
  }
  {
    let column = first_column + 4u * 0u + 1u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_0_0[1]);
        add_to(column * RANK + rank + 1u, chunk, sum0_0_1[1]);
        add_to(column * RANK + rank + 2u, chunk, sum0_0_2[1]);
        add_to(column * RANK + rank + 3u, chunk, sum0_0_3[1]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_0_0[1]);
        add_to(column * RANK + rank + 1u, chunk, sum1_0_1[1]);
        add_to(column * RANK + rank + 2u, chunk, sum1_0_2[1]);
        add_to(column * RANK + rank + 3u, chunk, sum1_0_3[1]);
      }
    }
  }
  {
    let column = first_column + 4u * 0u + 2u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_0_0[2]);
        add_to(column * RANK + rank + 1u, chunk, sum0_0_1[2]);
        add_to(column * RANK + rank + 2u, chunk, sum0_0_2[2]);
        add_to(column * RANK + rank + 3u, chunk, sum0_0_3[2]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_0_0[2]);
        add_to(column * RANK + rank + 1u, chunk, sum1_0_1[2]);
        add_to(column * RANK + rank + 2u, chunk, sum1_0_2[2]);
        add_to(column * RANK + rank + 3u, chunk, sum1_0_3[2]);
      }
    }
  }
  {
    let column = first_column + 4u * 0u + 3u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_0_0[3]);
        add_to(column * RANK + rank + 1u, chunk, sum0_0_1[3]);
        add_to(column * RANK + rank + 2u, chunk, sum0_0_2[3]);
        add_to(column * RANK + rank + 3u, chunk, sum0_0_3[3]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_0_0[3]);
        add_to(column * RANK + rank + 1u, chunk, sum1_0_1[3]);
        add_to(column * RANK + rank + 2u, chunk, sum1_0_2[3]);
        add_to(column * RANK + rank + 3u, chunk, sum1_0_3[3]);
      }
    }
  }
  {
    let column = first_column + 4u * 1u + 0u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_1_0[0]);
        add_to(column * RANK + rank + 1u, chunk, sum0_1_1[0]);
        add_to(column * RANK + rank + 2u, chunk, sum0_1_2[0]);
        add_to(column * RANK + rank + 3u, chunk, sum0_1_3[0]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_1_0[0]);
        add_to(column * RANK + rank + 1u, chunk, sum1_1_1[0]);
        add_to(column * RANK + rank + 2u, chunk, sum1_1_2[0]);
        add_to(column * RANK + rank + 3u, chunk, sum1_1_3[0]);
      }
    }
  }
  {
    let column = first_column + 4u * 1u + 1u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_1_0[1]);
        add_to(column * RANK + rank + 1u, chunk, sum0_1_1[1]);
        add_to(column * RANK + rank + 2u, chunk, sum0_1_2[1]);
        add_to(column * RANK + rank + 3u, chunk, sum0_1_3[1]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_1_0[1]);
        add_to(column * RANK + rank + 1u, chunk, sum1_1_1[1]);
        add_to(column * RANK + rank + 2u, chunk, sum1_1_2[1]);
        add_to(column * RANK + rank + 3u, chunk, sum1_1_3[1]);
      }
    }
  }
  {
    let column = first_column + 4u * 1u + 2u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_1_0[2]);
        add_to(column * RANK + rank + 1u, chunk, sum0_1_1[2]);
        add_to(column * RANK + rank + 2u, chunk, sum0_1_2[2]);
        add_to(column * RANK + rank + 3u, chunk, sum0_1_3[2]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_1_0[2]);
        add_to(column * RANK + rank + 1u, chunk, sum1_1_1[2]);
        add_to(column * RANK + rank + 2u, chunk, sum1_1_2[2]);
        add_to(column * RANK + rank + 3u, chunk, sum1_1_3[2]);
      }
    }
  }
  {
    let column = first_column + 4u * 1u + 3u;
    if (column < end) {
      if (first_rank + 4u * 0u < RANK) {
        let rank = first_rank + 4u * 0u;
        add_to(column * RANK + rank + 0u, chunk, sum0_1_0[3]);
        add_to(column * RANK + rank + 1u, chunk, sum0_1_1[3]);
        add_to(column * RANK + rank + 2u, chunk, sum0_1_2[3]);
        add_to(column * RANK + rank + 3u, chunk, sum0_1_3[3]);
      }
      if (first_rank + 4u * 1u < RANK) {
        let rank = first_rank + 4u * 1u;
        add_to(column * RANK + rank + 0u, chunk, sum1_1_0[3]);
        add_to(column * RANK + rank + 1u, chunk, sum1_1_1[3]);
        add_to(column * RANK + rank + 2u, chunk, sum1_1_2[3]);
        add_to(column * RANK + rank + 3u, chunk, sum1_1_3[3]);
      }
    }
  }
}
