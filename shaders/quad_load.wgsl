// $buffer[at … at + 3], of which each thread of a quad loads one and has the others by quadBroadcast.
fn $name(at: u32, lane: u32) -> vec4f {
  let own = $buffer[at + lane];
  return vec4f(quadBroadcast(own, 0u), quadBroadcast(own, 1u), quadBroadcast(own, 2u), quadBroadcast(own, 3u));
}
