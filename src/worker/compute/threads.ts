import { MOST_THREADS } from '../../processor/crew.ts';

/** How many threads a run on the processor has: asked for, or by the machine's cores and whether the person works here. */

let asked: number | null = null;
let away = false;

/** @param threads at most so many; null: by cores */
export function askThreads(threads: number | null): void {
  asked = threads;
}

/** Whether the person looks at another tab, so that no core has to be left to this one. */
export function setAway(value: boolean): void {
  away = value;
}

/** Cores as the browser tells them. */
export function cores(): number {
  return Math.max(1, navigator.hardwareConcurrency ?? 1);
}

/** Whether workers may share memory: the page has to be cross-origin isolated. */
export function mayShare(): boolean {
  return globalThis.crossOriginIsolated === true && typeof SharedArrayBuffer === 'function';
}

/** What it costs that workers may not share memory, for people; nothing where they may, or would be no help. */
export function whyOneThread(): string[] {
  if (mayShare() || asked === 1 || cores() === 1) return [];
  if (globalThis.crossOriginIsolated === true)
    return [`It uses one of ${cores()} cores: this browser lets no workers share memory.`];
  return [
    `It uses one of ${cores()} cores: this browser lets workers share memory only on a page that is cross-origin isolated, and this one is not. Reload the page; if that does not help, its host has to send the headers that docs/hosting.md lists.`,
  ];
}

/** Threads to begin with. */
export function mostThreads(): number {
  return mayShare() ? Math.min(asked ?? cores(), MOST_THREADS) : 1;
}

/** Threads of the next program: one core is left to the page while the person looks at it, but two are few enough. */
export function activeThreads(): number {
  const all = mostThreads();
  return asked === null && !away && cores() > 2 ? Math.min(all, cores() - 1) : all;
}
