import { useEffect } from 'react';
import { actionOfKey } from '../actions/registry.ts';
import { Answers } from '../answers/answers.tsx';
import { CheckDialog } from '../check/check-dialog.tsx';
import { BottomBar } from '../header/bottom-bar.tsx';
import { Header } from '../header/header.tsx';
import { KeyList } from '../header/key-list.tsx';
import { Announcer } from '../run/announcer.tsx';
import { Centre } from '../run/centre.tsx';
import { Examples } from '../setup/examples.tsx';
import { Setup } from '../setup/setup.tsx';
import { SetupDrawer } from '../setup/setup-drawer.tsx';
import { useLayout } from '../shared/layout.ts';
import { useApp } from '../state/store.ts';
import { Tour } from '../tour/tour.tsx';
import css from './app.module.css';
import { DatasetInput } from './dataset-input.tsx';
import { DropAnywhere } from './drop-anywhere.tsx';
import { PasteAnywhere } from './paste-anywhere.tsx';

export function App() {
  const layout = useLayout();
  const pane = useApp((state) => state.pane);
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
      <Header layout={layout} />
      <main className={css.columns}>
        {(layout === 'wide' || (layout === 'phone' && pane === 'setup')) && (
          <section className={`${css.column} ${css.setup}`} aria-label="Set-up" data-tour="setup">
            <Setup layout={layout} />
          </section>
        )}
        {shown('run') && (
          <section className={css.column} aria-label="Run" data-tour="run">
            <Centre />
          </section>
        )}
        {shown('answers') && (
          <section className={css.column} aria-label="Answers" data-tour="answers">
            <Answers />
          </section>
        )}
        <DatasetInput />
      </main>
      {layout === 'phone' && <BottomBar />}
      {layout === 'middle' && <SetupDrawer />}
      <DropAnywhere />
      <PasteAnywhere />
      <KeyList />
      <Examples />
      <CheckDialog />
      <Tour />
      <Announcer />
    </div>
  );
}
