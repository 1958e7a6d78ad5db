import { hasTuned } from '../actions/answers.ts';
import { Ask } from '../glossary/term.tsx';
import shared from '../shared/shared.module.css';
import { type LossView, useDataView } from '../state/data-view.ts';
import { isBusy } from '../state/run.ts';
import { type AppState, useApp } from '../state/store.ts';
import css from './data.module.css';

const VIEWS: readonly { view: LossView; label: string; hint: string }[] = [
  { view: 'off', label: 'Off', hint: 'Coloured by what is trained' },
  { view: 'before', label: 'Before', hint: 'The base model, without an adapter' },
  { view: 'now', label: 'Now', hint: 'With the adapter that answers' },
  { view: 'change', label: 'Change', hint: 'What the adapter has changed' },
];

/** Why a view cannot be had, as a sentence; null where it can. */
function whyNot(app: AppState, view: LossView): string | null {
  if (view === 'off') return null;
  if (app.starting || isBusy(app.run.state)) return 'Losses are measured once the run has ended.';
  if (!app.model) return 'Losses are measured once a model is open.';
  if (view !== 'before' && !hasTuned(app)) return 'Now and Change need an adapter: train, or open one.';
  return null;
}

/** The view that was asked for, or none where it cannot be had. */
export function useLossView(): LossView {
  const { losses } = useDataView();
  return useApp((app) => (whyNot(app, losses) === null ? losses : 'off'));
}

/** Whether and which loss colours the tokens: nothing is measured before it is asked for. */
export function LossSwitch() {
  const shown = useLossView();
  const before = useApp((app) => whyNot(app, 'before'));
  const now = useApp((app) => whyNot(app, 'now'));
  return (
    <div className={css.losses}>
      <div className={css.lossName} id="loss-of-tokens">
        Loss of each token
        <Ask term="tokenLoss" about="the loss of each token" />
      </div>
      <fieldset className={css.lossViews} aria-labelledby="loss-of-tokens">
        {VIEWS.map(({ view, label, hint }) => {
          const reason = view === 'off' ? null : view === 'before' ? before : now;
          return (
            <label key={view} title={reason ?? hint} data-no={reason === null ? undefined : ''}>
              <input
                type="radio"
                name="loss-of-tokens"
                checked={view === shown}
                disabled={reason !== null}
                onChange={() => useDataView.setState({ losses: view })}
              />
              {label}
            </label>
          );
        })}
      </fieldset>
      <span className={shared.label}>{before ?? now ?? ''}</span>
    </div>
  );
}
