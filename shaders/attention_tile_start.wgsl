  // Where a workgroup of a tiled attention kernel works: rows first … first + OWN − 1 of head own_head in the batch row
  // that begins at row base; last is the last position of a batch row. With $side == queries the other side are keys.
  let thread_x = local.x;
  let thread_y = local.y;
  let blocks = (dims.length + OWN - 1u) / OWN;
  if (group.x >= blocks * dims.batch) { return; }
  let own_head = group.y;
  let other_head = own_head / GROUP; // @if side == queries
  let base = group.x / blocks * dims.length;
  let first = group.x % blocks * OWN;
  let last = dims.length - 1u;
  let key_end = min(first + OWN, dims.length); // @if side == queries
