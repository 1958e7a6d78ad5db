    // Within a function that has base, first, other, last, own_head, other_head: products of own and other rows, the
    // first in s…, with PRODUCTS == 2 the second in t…; row q of a thread's four, its four other rows in a vec4.
    // The next panel is fetched into registers while the last is multiplied.
    // @unroll q < 4
    var s$q = vec4f();
    var t$q = vec4f(); // @if PRODUCTS == 2
    var fetched$q = vec4f();
    // @end
    let step = thread % DEPTH4;
    let own4 = thread / DEPTH4;
    let other4 = own4 - OWN4;
    for (var panel = 0u; panel < PRODUCTS * HEAD_PANELS + 1u; panel++) {
      if (panel < PRODUCTS * HEAD_PANELS) {
        let which = panel / HEAD_PANELS;
        let d = panel % HEAD_PANELS * DEPTH4 + step;
        if (own4 < OWN4) {
          // @unroll q < 4
          fetched$q = select(vec4f(), own(which, base + min(first + 4u * own4 + ${q}u, last), own_head, min(d, HEAD - 1u)), d < HEAD);
          // @end
        } else if (other4 < OTHER4) {
          // @unroll q < 4
          fetched$q = theirs(which, base + min(other + 4u * other4 + ${q}u, last), other_head, min(d, HEAD - 1u));
          // @end
        }
      }
      if (panel > 0u) {
        for (var i4 = 0u; i4 < DEPTH4; i4++) {
          let own_row = i4 * OWN_STEPS + thread_y;
          let other_row = OTHERS + i4 * OTHER_STEPS + thread_x;
          // @unroll e < 4
          {
            let l = stage[own_row + ${e}u * OWN4];
            let r = stage[other_row + ${e}u * OTHER4];
            s$q += l[$q] * r; // @unroll q < 4
          }
          // @end
        }
      }
      // @if PRODUCTS == 2
      if (panel == HEAD_PANELS) {
        // @unroll q < 4
        t$q = s$q;
        s$q = vec4f();
        // @end
      }
      // @end
      if (panel == PRODUCTS * HEAD_PANELS) { break; }
      workgroupBarrier();
      if (own4 < OWN4) {
        // @unroll q < 4
        stage[step * OWN_STEPS + ${q}u * OWN4 + own4] = vec4f(fetched0[$q], fetched1[$q], fetched2[$q], fetched3[$q]);
        // @end
      } else if (other4 < OTHER4) {
        // @unroll q < 4
        stage[OTHERS + step * OTHER_STEPS + ${q}u * OTHER4 + other4] = vec4f(fetched0[$q], fetched1[$q], fetched2[$q], fetched3[$q]);
        // @end
      }
      workgroupBarrier();
    }
    // @if PRODUCTS == 2
    // @unroll q < 4
    let second$q = s$q;
    s$q = t$q;
    t$q = second$q;
    // @end
    // @end
