import { Modal } from '@mantine/core';
import { usePairs as trainOn } from '../actions/data.ts';
import { plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { FEWEST, wholePairs } from '../state/pairs.ts';
import { setApp, useApp } from '../state/store.ts';
import css from './examples.module.css';
import { PairFoot, PairTable } from './pair-table.tsx';

/** A table to write pairs into, or to paste two columns of a spreadsheet. */
export function Examples() {
  const shown = useApp((state) => state.writing);
  return (
    <Modal.Root opened={shown} onClose={() => setApp({ writing: false })} size={760}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={shared.dialogHead}>
          <Modal.Title>Write a few examples</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body>
          <Table />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Table() {
  const pairs = useApp((state) => state.pairs);
  const whole = wholePairs(pairs).length;
  return (
    <div className={css.written}>
      <p className={shared.mute}>
        Start with ten or twenty examples. You can paste two columns of a spreadsheet into any field. What you
        type is kept in this browser until you clear it.
      </p>
      <PairTable />
      <PairFoot>
        <button
          type="button"
          className={shared.main}
          disabled={whole < FEWEST}
          onClick={() => void trainOn(pairs)}
        >
          {whole < FEWEST ? `At least ${FEWEST}` : `Use ${plural(whole, 'example')}`}
        </button>
      </PairFoot>
    </div>
  );
}
