import { Suspense, useEffect, useState } from 'react';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import shared from '../shared/shared.module.css';
import { useCheck } from '../state/check.ts';
import css from './check.module.css';

const CheckDialog = lazyPart(() => import('./check-dialog.tsx'));

/** The check of the numbers, which is fetched when it is first asked for; the steps are replayed meanwhile. */
export function Check() {
  const open = useCheck((check) => check.open);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (open) setAsked(true);
  }, [open]);
  if (!asked) return null;
  const close = () => {
    setAsked(false);
    useCheck.setState({ open: false });
  };
  return (
    <div className={css.late}>
      <Region
        name="The check of the numbers"
        instead={
          <button type="button" className={shared.link} onClick={close}>
            Close
          </button>
        }
      >
        <Suspense fallback={null}>
          <CheckDialog />
        </Suspense>
      </Region>
    </div>
  );
}
