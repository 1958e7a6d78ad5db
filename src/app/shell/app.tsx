import { useEffect } from 'react';
import { SHEETS } from '../actions/cards.ts';
import { actionOfKey } from '../actions/registry.ts';
import { Answers } from '../answers/answers.tsx';
import { Check } from '../check/check.tsx';
import { Explanation } from '../glossary/explanation.tsx';
import { BottomBar } from '../header/bottom-bar.tsx';
import { Header } from '../header/header.tsx';
import { KeyList } from '../header/key-list.tsx';
import { Region } from '../region/region.tsx';
import { Announcer } from '../run/announcer.tsx';
import { Centre } from '../run/centre.tsx';
import { Examples } from '../setup/examples.tsx';
import { RunControls } from '../setup/run-controls.tsx';
import { Setup } from '../setup/setup.tsx';
import { SetupDrawer } from '../setup/setup-drawer.tsx';
import { useLayout } from '../shared/layout.ts';
import { useApp } from '../state/store.ts';
import { Sweep } from '../sweep/sweep.tsx';
import { TakeAway } from '../take/take-away.tsx';
import { TourRow } from '../tour/tour-row.tsx';
import css from './app.module.css';
import { DatasetInput } from './dataset-input.tsx';
import { DropAnywhere } from './drop-anywhere.tsx';
import { PasteAnywhere } from './paste-anywhere.tsx';

export function App() {
  const layout = useLayout();
  const pane = useApp((state) => state.pane);
  const covered = useApp(({ openCards }) => layout === 'wide' && SHEETS.some((card) => openCards[card]));
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = actionOfKey(event);
      if (!action) return;
      if (event.key !== 'Escape') event.preventDefault();
      void action.run();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);

  const shown = (which: typeof pane) => layout !== 'phone' || pane === which;
  return (
    <div className={css.page}>
      <Region name="The header">
        <Header layout={layout} />
      </Region>
      <main className={css.columns}>
        {(layout === 'wide' || (layout === 'phone' && pane === 'setup')) && (
          <section className={`${css.column} ${css.setup}`} aria-label="Set-up">
            <Region name="The set-up" instead={layout === 'wide' && <Controls />}>
              <Setup layout={layout} />
            </Region>
          </section>
        )}
        {shown('run') && (
          // On a phone nothing in it may take the focus, and Safari scrolls by keyboard only what has it.
          <section
            className={css.column}
            aria-label="Run"
            tabIndex={layout === 'phone' ? 0 : undefined}
            inert={covered}
          >
            <Region name="The run’s view">
              <Centre />
            </Region>
          </section>
        )}
        {shown('answers') && (
          <section className={css.column} aria-label="Answers">
            <Region name="This column" instead={<Download />}>
              <Answers />
            </Region>
          </section>
        )}
        <Region name="Opening files">
          <DatasetInput />
        </Region>
      </main>
      <TourRow />
      {layout === 'phone' && (
        <Region name="The bar of buttons" instead={<Controls />}>
          <BottomBar />
        </Region>
      )}
      {layout === 'middle' && (
        <Region name="The set-up">
          <SetupDrawer />
        </Region>
      )}
      <Region name="Dropping files">
        <DropAnywhere />
        <PasteAnywhere />
      </Region>
      <Region name="The list of keys">
        <KeyList />
      </Region>
      <Region name="The table of examples">
        <Examples />
      </Region>
      <Check />
      <Sweep />
      <Explanation />
      <Region name="The spoken status">
        <Announcer />
      </Region>
    </div>
  );
}

/** The run's buttons where the part that holds them failed. */
function Controls() {
  return (
    <Region name="The run’s buttons">
      <div className={css.bare}>
        <RunControls />
      </div>
    </Region>
  );
}

/** The download where the part that holds it failed, once there is a run to download. */
function Download() {
  const run = useApp(({ run }) => run.state !== 'idle');
  return (
    run && (
      <Region name="The download">
        <TakeAway place="card" />
      </Region>
    )
  );
}

/** Where the page as a whole failed: the run's buttons and its download. */
export function Remains() {
  return (
    <>
      <Controls />
      <Download />
    </>
  );
}
