    // Stores the fetched part of one side (tile_fetched.wgsl) in workgroup memory, by $put.
    // @unroll u < $loads
    // @if layout == along
    if (${side}_four$u < $fours) {
      // @unroll q < 4
      $put(4u * ${side}_d$u + ${q}u, ${side}_four$u, vec4f(${side}${u}_0[$q], ${side}${u}_1[$q], ${side}${u}_2[$q], ${side}${u}_3[$q]));
      // @end
    }
    // @else
    if (${side}_d$u < DEPTH) { $put(${side}_d$u, ${side}_four$u, ${side}$u); }
    // @end
    // @end
