// The element by which a row is read: vec4f where all sizes are multiples of 4, else f32 (alias Wide = f32, WIDE = 1).
const WIDE: u32 = 4u;
alias Wide = vec4f;
// @if WIDE == 4
fn total(v: Wide) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn largest(v: Wide) -> f32 { return max(max(v.x, v.y), max(v.z, v.w)); }
// @else
fn total(v: Wide) -> f32 { return v; }
fn largest(v: Wide) -> f32 { return v; }
// @end
