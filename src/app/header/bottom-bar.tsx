import { RunControls } from '../setup/run-controls.tsx';
import { type Pane, setApp, useApp } from '../state/store.ts';
import css from './header.module.css';

const PANES: { id: Pane; label: string }[] = [
  { id: 'setup', label: 'Set-up' },
  { id: 'run', label: 'Run' },
  { id: 'answers', label: 'Answers' },
];

/** A phone's way around: three parts of the page, and the run's own buttons. */
export function BottomBar() {
  const pane = useApp((state) => state.pane);
  return (
    <nav className={css.bottom} aria-label="Parts of the page">
      {PANES.map(({ id, label }) => (
        <button
          key={id}
          type="button"
          aria-current={pane === id ? 'page' : undefined}
          onClick={() => setApp({ pane: id })}
        >
          {label}
        </button>
      ))}
      <div className={css.controls}>
        <RunControls />
      </div>
    </nav>
  );
}
