  // Adds product… to sum… of the threads that own the outputs.
  // @unroll m < MATRIX_ROWS, n < MATRIX_COLUMNS
  subgroupMatrixStore<row_major>(&products, 8u * ${m}u * TILE_COLUMNS + 8u * ${n}u, product${m}_${n}, TILE_COLUMNS);
  // @end
  workgroupBarrier();
  // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
  {
    let at = (4u * (thread_y + ${p}u * THREADS_Y) + ${q}u) * TILE_COLUMNS + 4u * (thread_x + ${v}u * THREADS_X);
    sum${p}_${q}_${v} += vec4f(products[at], products[at + 1u], products[at + 2u], products[at + 3u]);
  }
  // @end
