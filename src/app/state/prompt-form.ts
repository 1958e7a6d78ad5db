import type { AppState } from './store.ts';

/**
 * Whether questions are asked without the chat template: as the adapter that answers was trained, and the base beside it
 * as well. Where none answers yet, as the next run will train.
 */
export function isAskedRaw({
  adapter,
  tuned,
  runSettings,
  settings,
}: Pick<AppState, 'adapter' | 'tuned' | 'runSettings' | 'settings'>): boolean {
  if (tuned === null) return settings.raw;
  return tuned === adapter?.info.id ? adapter.info.raw : (runSettings?.raw ?? false);
}
