/** A target module as people say it: `q_proj` is q, `gate_proj` is gate; other families' names stay. */
export function shortTarget(target: string): string {
  return target.replace(/_proj$/, '');
}
