  // C[m, n] = Σ_d L[m, d]·R[d, n] of a workgroup's tile, in panels of DEPTH steps d; afterwards sum${p}_${q}_${v} holds
  // C[4·(thread_y + p·THREADS_Y) + q, 4·(thread_x + v·THREADS_X) … + 3]. Comes after tile_start.wgsl, with its $left and
  // $right, and after
  //   panels         their number
  //   @block fetch   reads panel `panel` of both sides into left… and right…
  //   W_PANELS       with HALF: from this one on the right side is staged as float32
  //   $masked        if given, a block that takes sums that are complete out of sum…, after each panel
  // The next panel is fetched while the last is multiplied.
  // By < to a constant, where it is one: a compiler sees that it ends, and does not count its rounds besides.
  for (var panel = 0u; panel < panels + 1u; panel++) {
    // @include fetch
    if (panel > 0u) {
      // @if HALF
      if (panel <= W_PANELS) {
        // @include tile_multiply right_side=right_half
      } else {
        // @include tile_multiply right_side=right
      }
      // @end
      // @include tile_multiply_matrix // @if MATRIX
      // @include tile_multiply right_side=right // @if !HALF && !MATRIX
      // @include $masked // @if masked
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
  // @include tile_matrix_sums // @if MATRIX && !masked
