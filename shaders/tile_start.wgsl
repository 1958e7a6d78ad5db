  // Declarations for the loop over panels (tile_loop.wgsl), in a function that knows `thread`: the thread's place in the
  // tile, its sums and its part of the two sides, whose layouts are $left and $right (tile_fetched.wgsl).
  let thread_x = thread % THREADS_X;
  let thread_y = thread / THREADS_X;
  var sum${p}_${q}_${v} = vec4f(); // @unroll p < ROW_VECTORS, q < 4, v < COLUMN_VECTORS
  // @if MATRIX
  var product${m}_${n}: subgroup_matrix_result<f32, 8, 8>; // @unroll m < MATRIX_ROWS, n < MATRIX_COLUMNS
  // @end
  // @include tile_fetched side=left layout=$left loads=LEFT_LOADS fours=ROWS4
  // @include tile_fetched side=right layout=$right loads=RIGHT_LOADS fours=COLUMNS4
