import { laidOver, type Measured } from '../drawing/overlays.ts';
import { drawable, type History } from '../state/history.ts';
import { useApp } from '../state/store.ts';

/** As `laidOver`, of the run on the page: told anew where one of these changes, and not at every step. */
export function useLaidOver(history: History): Measured | null {
  const state = useApp(({ run }) => run.state);
  const model = useApp((app) => app.model);
  const dataTitle = useApp((app) => app.dataTitle);
  const data = useApp((app) => app.data);
  return laidOver({ run: { state }, model, data, dataTitle }, { ...history, runs: drawable(history) });
}
