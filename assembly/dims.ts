// A slot of dims: what changes from batch to batch. How it lies: src/ops/dims.ts.

@inline export function rowsOf(d: usize): i32 { return load<i32>(d); }
@inline export function batchOf(d: usize): i32 { return load<i32>(d, 4); }
@inline export function lengthOf(d: usize): i32 { return load<i32>(d, 8); }
@inline export function startOf(d: usize): i32 { return load<i32>(d, 12); }
@inline export function offsetOf(d: usize): i32 { return load<i32>(d, 16); }
@inline export function stepOf(d: usize): i32 { return load<i32>(d, 24); }
@inline export function seedOf(d: usize): i32 { return load<i32>(d, 28); }
@inline export function scaleOf(d: usize): f32 { return load<f32>(d, 32); }
@inline export function strengthOf(d: usize): f32 { return load<f32>(d, 36); }
@inline export function microOf(d: usize): i32 { return load<i32>(d, 40); }
@inline export function firstModuleOf(d: usize): i32 { return load<i32>(d, 44); }

/** Position of a row: from a list, or its place in its sequence after what the cache holds. */
export function positionOf(d: usize, positions: usize, row: i32): i32 {
  if (positions) return load<i32>(positions + (<usize>row << 2));
  return startOf(d) + (row % lengthOf(d));
}
