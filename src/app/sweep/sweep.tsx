import { useEffect, useState } from 'react';
import { Asked } from '../region/asked.tsx';
import { lazyPart } from '../region/lazy-part.tsx';
import { useSweep } from '../state/sweep.ts';

const SweepDialog = lazyPart(() => import('./sweep-dialog.tsx'));

/** What a setting does, in short runs side by side; it is fetched when it is first asked for. */
export function Sweep() {
  const opened = useSweep((sweep) => sweep.opened);
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    if (opened) setAsked(true);
  }, [opened]);
  if (!asked) return null;
  const giveUp = () => {
    setAsked(false);
    useSweep.setState({ opened: false });
  };
  return (
    <Asked name="The sweep" giveUp={giveUp}>
      <SweepDialog />
    </Asked>
  );
}
