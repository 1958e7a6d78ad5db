    // Within a function that has base, first, other, last, own_head, other_head: products of own and other rows, the
    // first in s…, with PRODUCTS == 2 the second in t…; row q of a thread's four, its four other rows in a vec4.
    // @unroll q 0 4
    var s$q = vec4f();
    // @if PRODUCTS == 2
    //~ var t$q = vec4f();
    // @end
    // @end
    for (var panel = 0u; panel < PRODUCTS * HEAD_PANELS; panel++) {
      let which = panel / HEAD_PANELS;
      let step = thread % DEPTH4;
      let d = panel % HEAD_PANELS * DEPTH4 + step;
      workgroupBarrier();
      if (thread < OWN4 * DEPTH4) {
        let m4 = thread / DEPTH4;
        // @unroll q 0 4
        let v$q = select(vec4f(), own(which, base + min(first + 4u * m4 + ${q}u, last), own_head, min(d, HEAD - 1u)), d < HEAD);
        // @end
        // @unroll q 0 4
        stage[own_at(4u * step + ${q}u, m4)] = vec4f(v0[$q], v1[$q], v2[$q], v3[$q]);
        // @end
      } else if (thread < (OWN4 + OTHER4) * DEPTH4) {
        let n4 = (thread - OWN4 * DEPTH4) / DEPTH4;
        // @unroll q 0 4
        let v$q = theirs(which, base + min(other + 4u * n4 + ${q}u, last), other_head, min(d, HEAD - 1u));
        // @end
        // @unroll q 0 4
        stage[other_at(4u * step + ${q}u, n4)] = vec4f(v0[$q], v1[$q], v2[$q], v3[$q]);
        // @end
      }
      workgroupBarrier();
      for (var i = 0u; i < DEPTH; i++) {
        let l = stage[own_at(i, thread_y)];
        let r = stage[other_at(i, thread_x)];
        // @unroll q 0 4
        s$q += l[$q] * r;
        // @end
      }
      // @if PRODUCTS == 2
      //~ if (panel == HEAD_PANELS - 1u) {
      //~   // @unroll q 0 4
      //~   t$q = s$q;
      //~   s$q = vec4f();
      //~   // @end
      //~ }
      // @end
    }
    // @if PRODUCTS == 2
    //~ // @unroll q 0 4
    //~ let second$q = s$q;
    //~ s$q = t$q;
    //~ t$q = second$q;
    //~ // @end
    // @end
