/**
 * A call to a worker with its listeners. What they are told crosses on a message port of its own, which may be slower
 * than the one that the answer crosses on; so the answer waits until every listener has taken all that it was told, and
 * after it none is told anything. Without this an event could arrive after the answer and revive the work that had ended.
 */
export function heardFirst<A extends unknown[], R>(
  work: (...args: A) => R | Promise<R>,
): (...args: A) => Promise<R> {
  return async (...args) => {
    const untaken = new Set<Promise<unknown>>();
    let answered = false;
    const told = (listener: (...news: unknown[]) => unknown) => {
      return (...news: unknown[]): unknown => {
        if (answered) return undefined;
        // Comlink resolves it once the other side has taken the message.
        const taken = Promise.resolve(listener(...news));
        const settled = taken
          .catch(() => undefined)
          .finally(() => {
            untaken.delete(settled);
          });
        untaken.add(settled);
        return taken;
      };
    };
    try {
      return await work(...(args.map((arg) => (isListener(arg) ? told(arg) : arg)) as A));
    } finally {
      while (untaken.size > 0) await Promise.all(untaken);
      answered = true;
    }
  };
}

function isListener(arg: unknown): arg is (...news: unknown[]) => unknown {
  return typeof arg === 'function';
}
