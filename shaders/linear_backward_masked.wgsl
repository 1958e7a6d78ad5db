  // The loop over panels of linear_backward_tiled.wgsl with dropout. After the last panel over W, and after the last over
  // each part's A, the sum is complete: it goes to total…, that of a part masked, and begins anew.
  var total${p}_${q}_${v} = vec4f(); // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
  // @unroll p < ROW_VECTORS, q < 4
  let row_of_${p}_${q} = min(first_row + 4u * (thread_y + ${p}u * THREADS_Y) + ${q}u, last_row);
  // @end
  // @block mask
  // @if MATRIX
  if (panel == W_PANELS || (panel > W_PANELS && (panel - W_PANELS) % INNER_PANELS == 0u)) {
    // @include tile_matrix_sums
  }
  // @end
  if (panel == W_PANELS) {
    // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
    total${p}_${q}_${v} = sum${p}_${q}_${v};
    sum${p}_${q}_${v} = vec4f();
    // @end
  } else if (panel > W_PANELS && (panel - W_PANELS) % INNER_PANELS == 0u) {
    let key = dropout_module_key(PART_MODULE[(panel - W_PANELS) / INNER_PANELS - 1u]);
    // @unroll p < ROW_VECTORS, q < 4
    let row_key${p}_${q} = dropout_row_key(key, row_of_${p}_${q});
    // @unroll v < COLUMN_VECTORS
    total${p}_${q}_${v} += sum${p}_${q}_${v} * dropout_mask4(row_key${p}_${q}, 4u * (first_vector + thread_x + ${v}u * THREADS_X));
    sum${p}_${q}_${v} = vec4f();
    // @end
    // @end
  }
  // @end
  // @include tile_loop left=along right=across masked=mask
