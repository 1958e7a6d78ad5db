// gradient += Σ_chunk partial[chunk], in the order of the chunks. LENGTH floats each.
// @include dims
const LENGTH: u32 = 1024u;
const CHUNKS: u32 = 8u;
const AT_PARTIAL: u32 = 1u;
const AT_GRADIENT: u32 = 2u;
@group(0) @binding(AT_PARTIAL) var<storage, read> partial: array<f32>;
@group(0) @binding(AT_GRADIENT) var<storage, read_write> gradient: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.y * groups.x + group.x) * 64u + thread;
  if (i >= LENGTH) {
    return;
  }
  var sum = partial[i];
  for (var chunk = 1u; chunk < CHUNKS; chunk++) {
    sum += partial[chunk * LENGTH + i];
  }
  gradient[i] += sum;
}
