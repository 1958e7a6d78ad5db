  // The staged steps of the sum (tile.wgsl), onto sum…; by fours, whose places differ by constants. Written out, not by
  // left_at: only so a compiler sees that every place is within the array. $right_side: right, or right_half with W in
  // float16; products and sums are float32 all the same.
  for (var d4 = 0u; d4 < DEPTH4; d4++) {
    let left_row = d4 * (4u * ROWS4 + PAD) + thread_y;
    let right_row = d4 * (4u * COLUMNS4 + PAD) + thread_x; // @if right_side == right
    let right_row = d4 * (4u * COLUMNS4 + HALF_PAD) + thread_x; // @if right_side == right_half
    // @unroll e < 4
    {
      // @unroll v < COLUMN_VECTORS
      let r$v = right[right_row + ${e}u * COLUMNS4 + ${v}u * THREADS_X]; // @if right_side == right
      let r$v = vec4f(right_half[right_row + ${e}u * COLUMNS4 + ${v}u * THREADS_X]); // @if right_side == right_half
      // @end
      // @unroll p < ROW_VECTORS
      let l$p = left[left_row + ${e}u * ROWS4 + ${p}u * THREADS_Y];
      sum${p}_${q}_${v} += l$p[$q] * r$v; // @unroll v < COLUMN_VECTORS, q < 4
      // @end
    }
    // @end
  }
