// One AdamW step on flat float32 parameters, in the order of torch.optim.AdamW (decoupled weight decay): gradients
// are clipped by min(1, clip / (norm + 1e-6)); nothing changes where result[2] says the step is not finite.
// hyper: lr, 1 − β₁, 1 − β₂, ε, weight decay, clip (0: none), 1 − β₁ᵗ, 1 − β₂ᵗ.
// @include dims
// @include wide
const COUNT: u32 = 1024u;
const THREADS: u32 = 64u;
@group(0) @binding(1) var<storage, read_write> weights: array<Wide>;
@group(0) @binding(2) var<storage, read> gradients: array<Wide>;
@group(0) @binding(3) var<storage, read_write> m: array<Wide>;
@group(0) @binding(4) var<storage, read_write> v: array<Wide>;
@group(0) @binding(5) var<storage, read> hyper: array<f32>;
@group(0) @binding(6) var<storage, read> result: array<f32>;

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.y * groups.x + group.x) * THREADS + thread;
  if (i >= COUNT || result[2] == 0.0) { return; }
  var clip = 1.0;
  if (hyper[5] > 0.0) { clip = min(1.0, hyper[5] / (result[1] + 1e-6)); }
  let g = gradients[i] * clip;
  let w = weights[i] * (1.0 - hyper[0] * hyper[4]);
  let m_new = m[i] + (g - m[i]) * hyper[1];
  let v_new = v[i] * (1.0 - hyper[2]) + hyper[2] * g * g;
  let denominator = sqrt(v_new) / sqrt(hyper[7]) + Wide(hyper[3]);
  m[i] = m_new;
  v[i] = v_new;
  weights[i] = w - hyper[0] / hyper[6] * m_new / denominator;
}
