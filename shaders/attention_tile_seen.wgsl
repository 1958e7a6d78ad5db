    // Which of a thread's four queries see key $c of its four keys: seen$c, query by query.
    let key$c = other + 4u * thread_x + ${c}u;
    var seen$c = vec4<bool>(in_reach(query0, key$c), in_reach(query1, key$c), in_reach(query2, key$c), in_reach(query3, key$c)) & vec4<bool>(key$c < key_end);
    // @if DOCUMENTS
    let document$c = documents[base + min(key$c, last)];
    let same${c}_${q} = documents[base + min(query$q, last)] == document$c; // @unroll q < 4
    seen$c = seen$c & vec4<bool>(same${c}_0, same${c}_1, same${c}_2, same${c}_3);
    // @end
