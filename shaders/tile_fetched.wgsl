  // The part of one side of the tile that a thread fetches for each panel, $loads times: at step ${side}_d… of the panel and
  // at the four places ${side}_four… along the side (m on the left, n on the right). The layout is the side's in memory:
  //   along   steps of the sum lie side by side: a block of 4 × 4, as one vec4 of four steps for each place, ${side}…_0 to
  //           ${side}…_3; it is transposed when it is staged
  //   across  places lie side by side: one vec4, ${side}…
  // @unroll u < $loads
  // @if layout == along
  let ${side}_four$u = (thread + ${u}u * THREADS) / DEPTH4;
  let ${side}_d$u = (thread + ${u}u * THREADS) % DEPTH4;
  var ${side}${u}_${q} = vec4f(); // @unroll q < 4
  // @else
  let ${side}_d$u = (thread + ${u}u * THREADS) / $fours;
  let ${side}_four$u = (thread + ${u}u * THREADS) % $fours;
  var ${side}$u = vec4f();
  // @end
  // @end
