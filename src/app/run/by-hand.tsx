import { useEffect, useRef } from 'react';
import { teachByHand, WANTED } from '../actions/by-hand.ts';
import { canTrain } from '../actions/run.ts';
import { PairFoot, PairTable } from '../setup/pair-table.tsx';
import shared from '../shared/shared.module.css';
import { FEWEST, wholePairs } from '../state/pairs.ts';
import { useApp } from '../state/store.ts';
import css from './by-hand.module.css';

/** On the first screen: a few rows of the person's own, typed and trained on at once. */
export default function ByHand() {
  const pairs = useApp((state) => state.pairs);
  const ready = useApp(canTrain);
  const whole = wholePairs(pairs).length;
  const hand = useRef<HTMLElement>(null);
  useEffect(() => {
    const fields = [...(hand.current?.querySelectorAll('textarea') ?? [])];
    fields.find(({ value }) => value === '')?.focus();
  }, []);
  return (
    <section ref={hand} className={css.hand} aria-label="Teach it by hand">
      <p className={shared.mute}>
        Type five questions, each with the answer that you want; Enter goes to the next field. Then it trains
        for about twenty seconds, and you ask it something else.
      </p>
      <PairTable />
      <PairFoot>
        <button
          type="button"
          className={shared.main}
          disabled={whole < FEWEST || !ready}
          onClick={() => void teachByHand()}
        >
          {whole < FEWEST ? `${whole} of ${WANTED} examples` : `Teach it these ${whole}`}
        </button>
      </PairFoot>
      <p className={shared.label}>
        So few rows are learned by heart: their tone may reach other questions, and no fact does that they do
        not say. What you type is kept in this browser until you clear it.
      </p>
    </section>
  );
}
