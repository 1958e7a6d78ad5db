  // What linear_backward_tiled.wgsl with dropout does in place of tile_multiply.wgsl for the staged panel of an adapter, which
  // is panel − 1: the product is masked before it is added. One block of 4 × 4 outputs after the other, since a second set of
  // sums beside the first is more registers than a thread has. The barrier is for compilers, which would else begin the
  // next block before this one is done, and hold both.
  {
    let key = dropout_module_key(PART_MODULE[(panel - 1u - W_PANELS) / INNER_PANELS]);
    // @unroll p < ROW_VECTORS, v < COLUMN_VECTORS
    {
      var part$q = vec4f(); // @unroll q < 4
      for (var d = 0u; d < DEPTH; d++) {
        let l = left4(d, thread_y + ${p}u * THREADS_Y);
        let r = right4(d, thread_x + ${v}u * THREADS_X);
        part$q += l[$q] * r; // @unroll q < 4
      }
      let row = first_row + 4u * (thread_y + ${p}u * THREADS_Y);
      let column = 4u * (first_vector + thread_x + ${v}u * THREADS_X);
      sum${p}_${q}_${v} += part$q * dropout_mask4(dropout_row_key(key, row + ${q}u), column); // @unroll q < 4
      workgroupBarrier();
    }
    // @end
  }
