  // The staged steps of the sum (tile.wgsl), within a function that has thread_x, thread_y and sum…; by fours, whose places
  // differ by constants. Written out, not by left_at: only so a compiler sees that every place is within the array.
  for (var d4 = 0u; d4 < DEPTH4; d4++) {
    let left_row = d4 * (4u * ROWS4 + PAD) + thread_y;
    let right_row = d4 * (4u * COLUMNS4 + PAD) + thread_x;
    // @unroll e < 4
    {
      let r$v = right[right_row + ${e}u * COLUMNS4 + ${v}u * THREADS_X]; // @unroll v < COLUMN_VECTORS
      // @unroll p < ROW_VECTORS
      let l$p = left[left_row + ${e}u * ROWS4 + ${p}u * THREADS_Y];
      sum${p}_${q}_${v} += l$p[$q] * r$v; // @unroll v < COLUMN_VECTORS, q < 4
      // @end
    }
    // @end
  }
