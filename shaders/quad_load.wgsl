// $buffer[at … at + 3]. With QUAD each thread of a quad loads one of the four and has the others by quadBroadcast.
fn $name(at: u32, lane: u32) -> vec4f {
  // @if QUAD
  let own = $buffer[at + lane];
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
  // @else
  return vec4f($buffer[at], $buffer[at + 1u], $buffer[at + 2u], $buffer[at + 3u]);
  // @end
}
