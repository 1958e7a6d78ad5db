    // $sum… += weights · values, over the other rows from `other` to before $end: weights are in workgroup memory, values
    // are staged ROWS_STAGED rows at a time. The kernel's block `value` sets stage[i] to vec4 i % HEAD of row `row`.
    for (var piece = 0u; piece < OTHER / ROWS_STAGED; piece++) {
      if (other + piece * ROWS_STAGED >= $end) { break; }
      workgroupBarrier();
      for (var n = 0u; n < ROW_LOADS; n++) {
        let i = n * THREADS + thread;
        if (i < ROWS_STAGED * HEAD) {
          let row = base + min(other + piece * ROWS_STAGED + i / HEAD, last);
          // @include value
        }
      }
      workgroupBarrier();
      for (var j4 = 0u; j4 < ROWS_STAGED / 4u; j4++) {
        let weight_row = (piece * (ROWS_STAGED / 4u) + j4) * WEIGHT_ROWS + thread_y;
        // @unroll e < 4
        {
          let part = weights[weight_row + ${e}u * OWN4];
          // @unroll v < VECTORS
          let value$v = stage[(4u * j4 + ${e}u) * HEAD + min(thread_x + ${v}u * OTHER4, HEAD - 1u)];
          ${sum}${q}_${v} += part[$q] * value$v; // @unroll q < 4
          // @end
        }
        // @end
      }
    }
