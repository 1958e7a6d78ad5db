// What WGSL has and CUDA C++ has not: its vectors, with the operators that our kernels use, and its functions. CUDA has
// min, max, exp and log of numbers. trace.hpp has them for the processor, where addresses are looked at.
#pragma once
#ifdef TRACED
#include "trace.hpp"
#else
#include <cuda_fp16.h>
#endif

using u32 = unsigned int;
using i32 = int;
using f32 = float;

// A vector that is aligned to its size is read by one instruction.
struct alignas(8) vec2f {
  f32 x, y;
  vec2f() = default;
  __device__ vec2f(f32 a, f32 b) : x(a), y(b) {}
  __device__ f32 operator[](u32 i) const { return i == 0 ? x : y; }
};
struct alignas(8) vec2u {
  u32 x, y;
};
struct vec3u {
  u32 x, y, z;
  __device__ vec3u(u32 a, u32 b, u32 c) : x(a), y(b), z(c) {}
};
struct vec4b {
  bool x, y, z, w;
  __device__ vec4b(bool a, bool b, bool c, bool d) : x(a), y(b), z(c), w(d) {}
  __device__ explicit vec4b(bool a) : vec4b(a, a, a, a) {}
};
struct alignas(16) vec4u {
  u32 x, y, z, w;
  vec4u() = default;
  __device__ vec4u(u32 a, u32 b, u32 c, u32 d) : x(a), y(b), z(c), w(d) {}
  __device__ explicit vec4u(u32 a) : vec4u(a, a, a, a) {}
};
struct alignas(16) vec4i {
  i32 x, y, z, w;
  vec4i() = default;
  __device__ vec4i(i32 a, i32 b, i32 c, i32 d) : x(a), y(b), z(c), w(d) {}
  __device__ explicit vec4i(i32 a) : vec4i(a, a, a, a) {}
};
struct alignas(8) vec4h {
  __half2 low, high;
  vec4h() = default;
  __device__ explicit vec4h(const struct vec4f& v);
};
struct alignas(16) vec4f {
  f32 x, y, z, w;
  vec4f() = default;
  __device__ vec4f(f32 a, f32 b, f32 c, f32 d) : x(a), y(b), z(c), w(d) {}
  __device__ explicit vec4f(f32 a) : vec4f(a, a, a, a) {}
  __device__ explicit vec4f(vec4u v) : vec4f(f32(v.x), f32(v.y), f32(v.z), f32(v.w)) {}
  __device__ explicit vec4f(vec4i v) : vec4f(f32(v.x), f32(v.y), f32(v.z), f32(v.w)) {}
  __device__ explicit vec4f(vec2f a, vec2f b) : vec4f(a.x, a.y, b.x, b.y) {}
  __device__ explicit vec4f(vec4h v)
      : vec4f(__low2float(v.low), __high2float(v.low), __low2float(v.high), __high2float(v.high)) {}
  __device__ f32 operator[](u32 i) const { return i == 0 ? x : i == 1 ? y : i == 2 ? z : w; }
};
__device__ inline vec4h::vec4h(const vec4f& v)
    : low(__floats2half2_rn(v.x, v.y)), high(__floats2half2_rn(v.z, v.w)) {}

#define EACH(T, R, OP)                                                                                       \
  __device__ inline R operator OP(T a, T b) { return R(a.x OP b.x, a.y OP b.y, a.z OP b.z, a.w OP b.w); }
#define WITH(T, S, R, OP)                                                                                    \
  EACH(T, R, OP)                                                                                             \
  __device__ inline R operator OP(T a, S b) { return R(a.x OP b, a.y OP b, a.z OP b, a.w OP b); }             \
  __device__ inline R operator OP(S a, T b) { return R(a OP b.x, a OP b.y, a OP b.z, a OP b.w); }
WITH(vec4f, f32, vec4f, +)
WITH(vec4f, f32, vec4f, -)
WITH(vec4f, f32, vec4f, *)
WITH(vec4f, f32, vec4f, /)
WITH(vec4u, u32, vec4u, +)
WITH(vec4u, u32, vec4u, *)
EACH(vec4u, vec4u, &)
EACH(vec4u, vec4u, >>)
EACH(vec4u, vec4b, <)
EACH(vec4u, vec4b, !=)
EACH(vec4b, vec4b, &)
#undef WITH
#undef EACH
__device__ inline vec4i operator<<(vec4i a, vec4u b) { return vec4i(a.x << b.x, a.y << b.y, a.z << b.z, a.w << b.w); }
__device__ inline vec4i operator>>(vec4i a, vec4u b) { return vec4i(a.x >> b.x, a.y >> b.y, a.z >> b.z, a.w >> b.w); }
__device__ inline vec4f& operator+=(vec4f& a, vec4f b) { return a = a + b; }
__device__ inline vec4f& operator*=(vec4f& a, vec4f b) { return a = a * b; }
__device__ inline vec4f& operator*=(vec4f& a, f32 b) { return a = a * b; }

template <class T>
__device__ inline T select(T no, T yes, bool which) {
  return which ? yes : no;
}
template <class T>
__device__ inline T select(T no, T yes, vec4b which) {
  return T(which.x ? yes.x : no.x, which.y ? yes.y : no.y, which.z ? yes.z : no.z, which.w ? yes.w : no.w);
}
__device__ inline vec4u min(vec4u a, vec4u b) {
  return vec4u(min(a.x, b.x), min(a.y, b.y), min(a.z, b.z), min(a.w, b.w));
}
__device__ inline f32 dot(vec4f a, vec4f b) { return a.x * b.x + a.y * b.y + a.z * b.z + a.w * b.w; }

__device__ inline vec4f min(vec4f a, vec4f b) {
  return vec4f(fminf(a.x, b.x), fminf(a.y, b.y), fminf(a.z, b.z), fminf(a.w, b.w));
}
__device__ inline vec4f max(vec4f a, vec4f b) {
  return vec4f(fmaxf(a.x, b.x), fmaxf(a.y, b.y), fmaxf(a.z, b.z), fmaxf(a.w, b.w));
}
__device__ inline vec4f exp(vec4f a) { return vec4f(expf(a.x), expf(a.y), expf(a.z), expf(a.w)); }
template <class T>
__device__ inline T bitcast(u32 bits) {
  return T(bits);
}
__device__ inline vec2f unpack2x16float(u32 bits) {
  const __half2 pair = *reinterpret_cast<const __half2*>(&bits);
  return vec2f(__low2float(pair), __high2float(pair));
}
