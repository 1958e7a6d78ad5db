import {
  type AdaptedLinear,
  frozen,
  type Linear,
  type LinearAdapter,
  type LinearCall,
} from '../model/sublayers/linear.ts';

/**
 * A frozen linear as calls: parts that are adapted, together where `together` says so, and what lies between them
 * without an adapter, in one call where no part has a bias of its own.
 *
 * @param together how many neighbours one call adapts from the part at this path on; undefined where nothing adapts it
 * @param beside what stands beside them
 */
export function inCalls(
  linear: Linear,
  together: (path: string) => number | undefined,
  beside: (parts: Linear['parts']) => LinearAdapter,
): AdaptedLinear {
  const { parts: all, bias } = linear;
  if (!all.some(({ path }) => together(path))) return frozen(linear);
  const calls: LinearCall[] = [];
  let [keptColumns, workColumns] = [0, 0];
  for (let i = 0; i < all.length; ) {
    const adapted = together(all[i].path);
    let count = adapted ?? 1;
    if (!adapted && !bias) while (i + count < all.length && !together(all[i + count].path)) count++;
    const parts = all.slice(i, i + count);
    const row0 = parts[0].begin;
    const adapter = adapted ? beside(parts) : undefined;
    calls.push({
      ...{ row0, n: parts[count - 1].end - row0, keptColumn: keptColumns, adapter },
      bias: count === all.length ? bias : parts[0].bias,
    });
    keptColumns += adapter?.columns ?? 0;
    workColumns = Math.max(workColumns, adapter?.workColumns ?? 0);
    i += count;
  }
  return { ...linear, calls, keptColumns, workColumns };
}
