  // The staged steps of the sum (tile.wgsl), within a function that has thread_x, thread_y and sum…
  for (var d = 0u; d < DEPTH; d++) {
    // @unroll v 0 COLUMN_VECTORS
    let r$v = right[right_at(d, thread_x + ${v}u * THREADS_X)];
    // @end
    // @unroll p 0 ROW_VECTORS
    let l$p = left[left_at(d, thread_y + ${p}u * THREADS_Y)];
    // @unroll v 0 COLUMN_VECTORS
    // @unroll q 0 4
    sum${p}_${q}_${v} += l$p[$q] * r$v;
    // @end
    // @end
    // @end
  }
