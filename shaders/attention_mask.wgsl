// Who sees whom: key j of a batch row is visible to the query at position i where j ≤ i, i − j < WINDOW (0: none)
// and both belong to one document. Rows are numbered over the batch; positions within a batch row.
const WINDOW: u32 = 0u;
const DOCUMENTS: bool = false;
const MASKED: f32 = -1e30;
// Without short circuits: a branch for each pair of a tile takes some compilers minutes.
fn in_reach(query: u32, key: u32) -> bool {
  return (key <= query) & ((WINDOW == 0u) | (query - key < WINDOW));
}
// First key that a query may see.
fn first_key(query: u32) -> u32 {
  if (WINDOW == 0u || query < WINDOW) { return 0u; }
  return query + 1u - WINDOW;
}
