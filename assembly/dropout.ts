// Which inputs of a module are dropped: the function of src/ops/dropout-hash.ts, where its source is named.
import { firstModuleOf, microOf, seedOf, stepOf } from './dims';

@inline
function mix(value: u32): u32 {
  let x = value;
  x = (x ^ (x >> 16)) * 0x21f0aaad;
  x = (x ^ (x >> 15)) * 0xd35a2d97;
  return x ^ (x >> 15);
}

export function moduleKey(d: usize, module: i32): u32 {
  return mix(mix(mix(mix(seedOf(d)) ^ stepOf(d)) ^ microOf(d)) ^ (firstModuleOf(d) + module));
}

/** to[c] = from[c] · mask(row, column + c): 0 where dropped, else `keep`. */
export function maskRow(
  from: usize,
  to: usize,
  n: i32,
  key: u32,
  row: i32,
  column: i32,
  threshold: u32,
  keep: f32,
): void {
  const rowKey = mix(key ^ row);
  for (let c = 0; c < n; c++) {
    const kept = mix(rowKey ^ (column + c)) >= threshold;
    const at = <usize>c << 2;
    store<f32>(to + at, kept ? load<f32>(from + at) * keep : 0);
  }
}
