// What changes from batch to batch: a slot of sixteen words, as src/ops/wasm/dims.ts writes it.

// @ts-ignore: decorator
@inline export function rowsOf(d: usize): i32 { return load<i32>(d, 0); }
// @ts-ignore: decorator
@inline export function batchOf(d: usize): i32 { return load<i32>(d, 4); }
// @ts-ignore: decorator
@inline export function lengthOf(d: usize): i32 { return load<i32>(d, 8); }
// @ts-ignore: decorator
@inline export function startOf(d: usize): i32 { return load<i32>(d, 12); }
// @ts-ignore: decorator
@inline export function offsetOf(d: usize): i32 { return load<i32>(d, 16); }
// @ts-ignore: decorator
@inline export function stepOf(d: usize): i32 { return load<i32>(d, 20); }
// @ts-ignore: decorator
@inline export function seedOf(d: usize): i32 { return load<i32>(d, 24); }
// @ts-ignore: decorator
@inline export function scaleOf(d: usize): f32 { return load<f32>(d, 28); }
// @ts-ignore: decorator
@inline export function strengthOf(d: usize): f32 { return load<f32>(d, 32); }
// @ts-ignore: decorator
@inline export function microOf(d: usize): i32 { return load<i32>(d, 36); }
// @ts-ignore: decorator
@inline export function firstModuleOf(d: usize): i32 { return load<i32>(d, 40); }

/** Position of a row: from a list, or its place in its sequence after what the cache holds. */
export function positionOf(d: usize, positions: usize, row: i32): i32 {
  if (positions) return load<i32>(positions + (<usize>row << 2));
  return startOf(d) + (row % lengthOf(d));
}
