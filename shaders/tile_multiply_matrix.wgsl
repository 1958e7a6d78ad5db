  // The staged steps of the sum (tile.wgsl), eight at a time, onto product…
  for (var d8 = 0u; d8 < DEPTH / 8u; d8++) {
    let d = 8u * d8;
    // @unroll n < MATRIX_COLUMNS
    let r$n = subgroupMatrixLoad<subgroup_matrix_right<f32, 8, 8>, row_major>(&right, d * TILE_COLUMNS + 8u * ${n}u, TILE_COLUMNS);
    // @end
    // @unroll m < MATRIX_ROWS
    let l$m = subgroupMatrixLoad<subgroup_matrix_left<f32, 8, 8>, col_major>(&left, d * TILE_ROWS + 8u * ${m}u, TILE_ROWS);
    product${m}_${n} = subgroupMatrixMultiplyAccumulate(l$m, r$n, product${m}_${n}); // @unroll n < MATRIX_COLUMNS
    // @end
  }
