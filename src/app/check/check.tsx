import { useEffect, useState } from 'react';
import { Asked } from '../region/asked.tsx';
import { lazyPart } from '../region/lazy-part.tsx';
import { useCheck } from '../state/check.ts';

const CheckDialog = lazyPart(() => import('./check-dialog.tsx'));

/** The check of the numbers, which is fetched when it is first asked for; the steps are replayed meanwhile. */
export function Check() {
  const open = useCheck((check) => check.open);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (open) setAsked(true);
  }, [open]);
  if (!asked) return null;
  const giveUp = () => {
    setAsked(false);
    useCheck.setState({ open: false });
  };
  return (
    <Asked name="The check of the numbers" giveUp={giveUp}>
      <CheckDialog />
    </Asked>
  );
}
