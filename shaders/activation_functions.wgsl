// Activations and their derivatives on a Wide. KIND 0: SiLU, 1: GELU (erf), 2: GELU (tanh).
const KIND: u32 = 0u;
// @if KIND == 0
fn activate(x: Wide) -> Wide { return x / (Wide(1.0) + exp(-max(x, Wide(-80.0)))); }
fn derivative(x: Wide) -> Wide {
  let s = Wide(1.0) / (Wide(1.0) + exp(-max(x, Wide(-80.0))));
  return s * (Wide(1.0) + x * (Wide(1.0) - s));
}
// @end
// @if KIND == 1
// erf to 1.5e-7: Abramowitz and Stegun 7.1.26.
fn normal_cdf(x: Wide) -> Wide {
  let z = abs(x) * 0.7071067811865476;
  let t = Wide(1.0) / (Wide(1.0) + 0.3275911 * z);
  let series = ((((1.061405429 * t - Wide(1.453152027)) * t + Wide(1.421413741)) * t - Wide(0.284496736)) * t + Wide(0.254829592)) * t;
  let tail = 0.5 * series * exp(-min(z * z, Wide(80.0)));
  return select(tail, Wide(1.0) - tail, x > Wide(0.0));
}
fn activate(x: Wide) -> Wide { return x * normal_cdf(x); }
fn derivative(x: Wide) -> Wide {
  return normal_cdf(x) + x * 0.3989422804014327 * exp(-min(0.5 * x * x, Wide(80.0)));
}
// @end
// @if KIND == 2
// tanh overflows on some drivers, so its argument is clamped.
fn gelu_tanh(x: Wide) -> Wide {
  return tanh(clamp(0.7978845608028654 * (x + 0.044715 * x * x * x), Wide(-15.0), Wide(15.0)));
}
fn activate(x: Wide) -> Wide { return 0.5 * x * (Wide(1.0) + gelu_tanh(x)); }
fn derivative(x: Wide) -> Wide {
  let t = gelu_tanh(x);
  let inner = 0.7978845608028654 * (Wide(1.0) + 0.134145 * x * x);
  return 0.5 * (Wide(1.0) + t) + 0.5 * x * (Wide(1.0) - t * t) * inner;
}
// @end
