// The values of four NF4 codes (QLoRA, arXiv 2305.14314): four levels of selection by the bits of a code. A table would
// be an array in memory on most GPUs.
fn nf4_values(q: vec4u) -> vec4f {
  let b0 = (q & vec4u(1u)) != vec4u();
  let b1 = (q & vec4u(2u)) != vec4u();
  let b2 = (q & vec4u(4u)) != vec4u();
  let low = select(
    select(nf4_pair(-1.0, -0.6961928009986877, b0), nf4_pair(-0.5250730514526367, -0.39491748809814453, b0), b1),
    select(nf4_pair(-0.28444138169288635, -0.18477343022823334, b0), nf4_pair(-0.09105003625154495, 0.0, b0), b1),
    b2);
  let high = select(
    select(nf4_pair(0.07958029955625534, 0.16093020141124725, b0), nf4_pair(0.24611230194568634, 0.33791524171829224, b0), b1),
    select(nf4_pair(0.44070982933044434, 0.5626170039176941, b0), nf4_pair(0.7229568362236023, 1.0, b0), b1),
    b2);
  return select(low, high, (q & vec4u(8u)) != vec4u());
}

fn nf4_pair(even: f32, odd: f32, is_odd: vec4<bool>) -> vec4f {
  return select(vec4f(even), vec4f(odd), is_odd);
}
