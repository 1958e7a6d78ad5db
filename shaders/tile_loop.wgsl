  // C = L·R of a workgroup's tile (tile.wgsl), in panels of DEPTH steps of the sum: sum${p}_${q}_${v} becomes the vec4 of C
  // in row 4·(thread_y + p·THREADS_Y) + q from column 4·(thread_x + v·THREADS_X). Follows tile_start.wgsl, with the same
  // $left and $right, and takes from the kernel
  //   panels     the number of panels
  //   fetch      a block that reads both sides of panel `panel` into left… and right…
  //   W_PANELS   with HALF: panels from this one on are staged as float32
  //   $adapter   optional, what multiplies panels from W_PANELS on
  // The next panel is fetched into registers while the last one is multiplied. The loop compares by < with a constant,
  // where the number is constant: a compiler then sees that it ends, and adds no counter of its own.
  for (var panel = 0u; panel < panels + 1u; panel++) {
    // @include fetch
    if (panel > 0u) {
      // @if adapter
      if (panel <= W_PANELS) {
        // @include tile_multiply_w
      } else {
        // @include $adapter
      }
      // @end
      // @if HALF && !adapter
      if (panel <= W_PANELS) {
        // @include tile_multiply_w
      } else {
        // @include tile_multiply right_side=right
      }
      // @end
      // @include tile_multiply_w // @if !HALF && !adapter
    }
    if (panel == panels) { break; }
    workgroupBarrier();
    // @include tile_stage side=left put=put_left layout=$left loads=LEFT_LOADS fours=ROWS4
    // @if HALF
    if (panel < W_PANELS) {
      // @include tile_stage side=right put=put_right_half layout=$right loads=RIGHT_LOADS fours=COLUMNS4
    } else {
      // @include tile_stage side=right put=put_right layout=$right loads=RIGHT_LOADS fours=COLUMNS4
    }
    // @else
    // @include tile_stage side=right put=put_right layout=$right loads=RIGHT_LOADS fours=COLUMNS4
    // @end
    workgroupBarrier();
  }
  // @include tile_matrix_sums // @if MATRIX
