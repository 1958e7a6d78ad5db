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

/**
 * What to know where an experiment, which asks as the settings say, asks the adapter that answers on the page in another
 * form than it was trained in; null where it does not.
 */
export function otherForm(
  state: Pick<AppState, 'adapter' | 'tuned' | 'runSettings' | 'settings'>,
): string | null {
  const { raw } = state.settings;
  if (state.tuned === null || isAskedRaw(state) === raw) return null;
  return raw
    ? 'The adapter was trained with the chat template and is asked without it here, since “Skip the chat template” is on.'
    : 'The adapter was trained without the chat template and is asked with it here, since “Skip the chat template” is off.';
}
