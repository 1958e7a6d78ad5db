// Inputs of the backward of attention: Q, K, V, the gradient dO of the output, and for each head and row
// stat = (lse, D) from attention_delta.wgsl. With P = exp(scale · QKᵀ − lse) and
// dS = P ∘ (dO · Vᵀ − D):  dQ = scale · dS · K,  dK = scale · dSᵀ · Q,  dV = Pᵀ · dO
// @include attention_qkv element=$element
const DO_STRIDE: u32 = 144u;
const DO_COLUMN: u32 = 0u;
@group(0) @binding(4) var<storage, read> d_o: array<$element>;
@group(0) @binding(5) var<storage, read> stat: array<vec2f>;
