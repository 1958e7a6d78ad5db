import { Modal } from '@mantine/core';
import type { ClipboardEvent } from 'react';
import { savePairs, usePairs as trainOn } from '../actions/data.ts';
import { plural } from '../shared/format.ts';
import { Cross } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { type Pair, pairsOfPaste, wholePairs } from '../state/pairs.ts';
import { setApp, useApp } from '../state/store.ts';
import css from './examples.module.css';

/** So few cannot be learned from. */
const FEWEST = 3;

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
  // A fresh line waits below the last one that has something.
  const rows =
    pairs.at(-1)?.prompt || pairs.at(-1)?.completion || pairs.length === 0 ? [...pairs, EMPTY] : pairs;
  const put = (index: number, part: Partial<Pair>) =>
    setApp({ pairs: rows.map((row, i) => (i === index ? { ...row, ...part } : row)) });
  const paste = (index: number, event: ClipboardEvent<HTMLTextAreaElement>) => {
    const pasted = pairsOfPaste(event.clipboardData.getData('text/plain'));
    if (!pasted) return;
    event.preventDefault();
    const after = rows
      .slice(index + 1)
      .filter(({ prompt, completion }) => prompt !== '' || completion !== '');
    setApp({ pairs: [...rows.slice(0, index), ...pasted, ...after] });
  };
  return (
    <>
      <p className={shared.mute}>
        Start with ten or twenty examples. You can paste two columns of a spreadsheet into any field.
      </p>
      <div className={css.table}>
        <span className={shared.label}>Question</span>
        <span className={shared.label}>Answer you want</span>
        <span />
        {rows.map((row, i) => (
          <Row
            // A row has no name but its place.
            // biome-ignore lint/suspicious/noArrayIndexKey: as above
            key={i}
            row={row}
            number={i + 1}
            onChange={(part) => put(i, part)}
            onPaste={(event) => paste(i, event)}
          />
        ))}
      </div>
      <div className={css.foot}>
        <button
          type="button"
          className={shared.main}
          disabled={whole < FEWEST}
          onClick={() => void trainOn(pairs)}
        >
          {whole < FEWEST ? `At least ${FEWEST}` : `Use ${plural(whole, 'example')}`}
        </button>
        <button type="button" className={shared.link} disabled={whole === 0} onClick={() => savePairs(pairs)}>
          Save as JSONL
        </button>
        <button
          type="button"
          className={shared.link}
          disabled={pairs.length === 0}
          onClick={() => setApp({ pairs: [] })}
        >
          Clear the table
        </button>
      </div>
    </>
  );
}

const EMPTY: Pair = { prompt: '', completion: '' };

function Row(props: {
  row: Pair;
  number: number;
  onChange(part: Partial<Pair>): void;
  onPaste(event: ClipboardEvent<HTMLTextAreaElement>): void;
}) {
  const { row, number, onChange, onPaste } = props;
  return (
    <>
      <textarea
        aria-label={`Question, example ${number}`}
        rows={1}
        value={row.prompt}
        placeholder={number === 1 ? 'Tell me about the sea.' : undefined}
        onPaste={onPaste}
        onChange={(event) => onChange({ prompt: event.currentTarget.value })}
      />
      <textarea
        aria-label={`Answer, example ${number}`}
        rows={1}
        value={row.completion}
        placeholder={number === 1 ? 'Arr, the sea be wide and salt!' : undefined}
        onPaste={onPaste}
        onChange={(event) => onChange({ completion: event.currentTarget.value })}
      />
      <button
        type="button"
        className={css.remove}
        aria-label={`Remove example ${number}`}
        onClick={() => setApp(({ pairs }) => ({ pairs: pairs.filter((_, i) => i !== number - 1) }))}
      >
        <Cross />
      </button>
    </>
  );
}
