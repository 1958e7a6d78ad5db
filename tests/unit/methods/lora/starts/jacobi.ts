/** All singular values and vectors of W [rows, cols] in float64, by one-sided Jacobi rotations: slow, and exact. */
export function jacobiSvd(
  w: ArrayLike<number>,
  rows: number,
  cols: number,
): { values: number[]; left: number[][]; right: number[][] } {
  // Columns of W·V, turned until they are orthogonal.
  const columns = Array.from({ length: cols }, (_, j) =>
    Array.from({ length: rows }, (_, i) => w[i * cols + j]),
  );
  const v = columns.map((_, j) => Array.from({ length: cols }, (_, i) => (i === j ? 1 : 0)));
  const along = (a: number[], b: number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  for (let sweep = 0, turned = true; turned && sweep < 60; sweep++) {
    turned = false;
    for (let p = 0; p < cols; p++)
      for (let q = p + 1; q < cols; q++) {
        const [a, b, c] = [
          along(columns[p], columns[p]),
          along(columns[q], columns[q]),
          along(columns[p], columns[q]),
        ];
        if (Math.abs(c) <= 1e-15 * Math.sqrt(a * b)) continue;
        turned = true;
        const tau = (b - a) / (2 * c);
        const t = Math.sign(tau || 1) / (Math.abs(tau) + Math.hypot(1, tau));
        const cosine = 1 / Math.hypot(1, t);
        for (const pair of [columns, v])
          for (let i = 0; i < pair[p].length; i++) {
            const [x, y] = [pair[p][i], pair[q][i]];
            pair[p][i] = cosine * x - cosine * t * y;
            pair[q][i] = cosine * t * x + cosine * y;
          }
      }
  }
  const lengths = columns.map((column) => Math.sqrt(along(column, column)));
  const order = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a]);
  return {
    values: order.map((j) => lengths[j]),
    left: order.map((j) => columns[j].map((x) => (lengths[j] > 0 ? x / lengths[j] : 0))),
    right: order.map((j) => v[j]),
  };
}
