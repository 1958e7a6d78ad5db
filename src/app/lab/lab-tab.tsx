import { Suspense } from 'react';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import { LAB } from './experiments.ts';
import css from './lab.module.css';

/** Experiments: one of them is shown, and has what is dropped. */
export default function LabTab() {
  const id = useApp(({ lab }) => lab);
  const { Part, sentence } = LAB.find((one) => one.id === id)!;
  return (
    <>
      <nav className={css.lab} aria-label="Experiments">
        <div className={css.choices}>
          {LAB.map((one) => (
            <button
              key={one.id}
              type="button"
              className={css.choice}
              aria-current={one.id === id ? 'true' : undefined}
              onClick={() => setApp({ lab: one.id })}
            >
              {one.label}
            </button>
          ))}
        </div>
        <p className={shared.faint}>{sentence}</p>
      </nav>
      <Suspense fallback={null}>
        <Part />
      </Suspense>
    </>
  );
}
