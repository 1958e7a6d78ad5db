  // As tile_multiply.wgsl with the right side in float16; products and sums are float32.
  for (var d4 = 0u; d4 < DEPTH4; d4++) {
    let left_row = d4 * (4u * ROWS4 + PAD) + thread_y;
    let right_row = d4 * (4u * COLUMNS4 + PAD) + thread_x;
    // @unroll e < 4
    {
      let r$v = vec4f(right_half[right_row + ${e}u * COLUMNS4 + ${v}u * THREADS_X]); // @unroll v < COLUMN_VECTORS
      // @unroll p < ROW_VECTORS
      let l$p = left[left_row + ${e}u * ROWS4 + ${p}u * THREADS_Y];
      sum${p}_${q}_${v} += l$p[$q] * r$v; // @unroll v < COLUMN_VECTORS, q < 4
      // @end
    }
    // @end
  }
