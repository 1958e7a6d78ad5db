// Arguments of an operation: words, in the order in which src/ops/wasm/operations.ts writes them.

@inline export function at(args: usize, i: usize): usize { return load<usize>(args + (i << 2)); }
@inline export function int(args: usize, i: usize): i32 { return load<i32>(args + (i << 2)); }
@inline export function float(args: usize, i: usize): f32 { return load<f32>(args + (i << 2)); }
