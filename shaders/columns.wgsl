// A fused linear (query, key and value; gate and up) is several parts side by side: the columns that each begins
// and ends at, and the number of the adapted module, which its dropout mask is drawn from.
const PARTS: u32 = 1u;
const PART_BEGIN = array<u32, 1>(0u);
const PART_END = array<u32, 1>(64u);
const PART_MODULE = array<u32, 1>(0u);

fn part_of(column: u32) -> u32 {
  var part = 0u;
  for (var p = 1u; p < PARTS; p++) {
    if (column >= PART_BEGIN[p]) {
      part = p;
    }
  }
  return part;
}
