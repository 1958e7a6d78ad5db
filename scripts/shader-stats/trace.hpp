// The processor in place of a GPU, for one thing: which addresses the threads of a workgroup ask for. Threads run one
// after another and what they read is zero, which does for our kernels, since no address depends on a value in an array.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>

#define __device__
#define __global__
#define __constant__ static
#define __launch_bounds__(n)
struct Index {
  unsigned x, y, z;
};
static Index threadIdx, blockIdx;
static void __syncthreads() {}

struct __half2 {
  std::uint32_t bits;
};
inline float __low2float(__half2) { return 0; }
inline float __high2float(__half2) { return 0; }
inline __half2 __floats2half2_rn(float, float) { return {0}; }
inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a < b ? b : a; }

enum Space { Shared, Global };

// An array of which only the accesses are kept.
template <class T>
struct Array {
  Space space;
  T zero{};
  T& operator[](unsigned) {
    zero = T{};
    return zero;
  }
};

// How often a place is looked at for each thread; its later visits differ by the same amount for all threads.
constexpr int VISITS = 4;
constexpr int PLACES = 4096;
static int visits[PLACES];
static unsigned thread_number;

// One access: thread, place in the text, number of the visit, array, bytes of an element, first byte.
template <class T>
unsigned visit(const Array<T>& array, unsigned index, int place) {
  if (visits[place]++ < VISITS)
    std::printf("%u %d %d %s %zu %llu\n", thread_number, place, visits[place], array.space == Shared ? "shared" : "global",
                sizeof(T), static_cast<unsigned long long>(index) * sizeof(T));
  return index;
}

// Runs all threads of the workgroup at blockIdx.
template <class Kernel>
void run(unsigned x, unsigned y, unsigned z, Kernel kernel) {
  for (unsigned thread = 0; thread < x * y * z; thread++) {
    threadIdx = {thread % x, thread / x % y, thread / (x * y)};
    thread_number = thread;
    for (int& count : visits) count = 0;
    kernel();
  }
}
