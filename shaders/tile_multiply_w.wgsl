  // The staged panel onto the sums, as the right side is staged.
  // @include tile_multiply right_side=right_half // @if HALF
  // @include tile_multiply_matrix // @if MATRIX
  // @include tile_multiply right_side=right // @if !HALF && !MATRIX
