import { type ReactNode, Suspense } from 'react';
import shared from '../shared/shared.module.css';
import css from './asked.module.css';
import { Region } from './region.tsx';

/** A dialog that is fetched when it is first asked for; where it does not come, that is said in sight. */
export function Asked(props: { name: string; giveUp(): void; children: ReactNode }) {
  return (
    <div className={css.late}>
      <Region
        name={props.name}
        instead={
          <button type="button" className={shared.link} onClick={props.giveUp}>
            Close
          </button>
        }
      >
        <Suspense fallback={null}>{props.children}</Suspense>
      </Region>
    </div>
  );
}
