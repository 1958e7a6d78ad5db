import { statusOf } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import css from './header.module.css';

const DOING = {
  ladder: 'measuring the ladder',
  distil: 'distilling',
  tasks: 'several tasks',
  frontier: 'measuring models',
  sweep: 'short runs',
  weights: 'sweeping weights',
} as const;

/** State of the page in a word, first in the text; a detail may follow. */
export function Status() {
  const state = useApp((app) => app.run.state);
  const wish = useApp((app) => app.run.wish);
  const summary = useApp((app) => app.run.summary);
  const steps = useApp((app) => app.run.steps);
  const loading = useApp(
    (app) =>
      app.starting ||
      app.dataWork !== null ||
      (!app.modelError && !app.dataError && (app.model === null || app.data === null)),
  );
  const { word, detail } = statusOf({ state, wish, summary, steps }, loading);
  const underWay = useApp((app) => app.underWay);
  const said = detail || (underWay && DOING[underWay]);
  return (
    <output aria-label="Status" aria-live="off" className={css.status} data-word={word}>
      {said ? `${word}: ${said}` : word}
    </output>
  );
}
