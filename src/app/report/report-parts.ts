import { laidOver, overlaysOf } from '../drawing/overlays.ts';
import { drawable, useHistory } from '../state/history.ts';
import { useOutcome } from '../state/outcome.ts';
import { getApp } from '../state/store.ts';
import type { ReportParts } from './report-html.ts';

/** The runs that are ticked, as they lie over the run on the page. */
export function overlays() {
  const history = useHistory.getState();
  const runs = drawable(history);
  return overlaysOf(runs, history.shown, laidOver(getApp(), { ...history, runs }));
}

/** What the report of the run on the page is made of, now. */
export function reportParts(withRows: boolean): ReportParts {
  const { runs, current } = useHistory.getState();
  return {
    app: getApp(),
    outcome: useOutcome.getState(),
    overlays: overlays(),
    note: runs.find(({ id }) => id === current)?.note ?? '',
    created: new Date().toISOString(),
    withRows,
  };
}
