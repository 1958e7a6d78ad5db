import { type ClipboardEvent, type KeyboardEvent, type ReactNode, useRef } from 'react';
import { savePairs } from '../actions/data.ts';
import { Cross } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { type Pair, pairsOfPaste, wholePairs } from '../state/pairs.ts';
import { setApp, useApp } from '../state/store.ts';
import css from './examples.module.css';

const EMPTY: Pair = { prompt: '', completion: '' };

/** Pairs to write, or to paste as two columns of a spreadsheet; Enter goes to the next field, and after the last adds a row. */
export function PairTable() {
  const pairs = useApp((state) => state.pairs);
  const table = useRef<HTMLDivElement>(null);
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
  const press = (event: KeyboardEvent<HTMLDivElement>) => {
    // An unfinished word of an input method ends with Enter too; Shift-Enter breaks the line.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    if (!(event.target instanceof HTMLTextAreaElement)) return;
    event.preventDefault();
    const fields = [...(table.current?.querySelectorAll('textarea') ?? [])];
    fields[fields.indexOf(event.target) + 1]?.focus();
  };
  return (
    // It listens for the fields inside.
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <div ref={table} className={css.table} onKeyDown={press}>
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
  );
}

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

/** Below the table: what is done with what was written, and two links for its rows. */
export function PairFoot({ children }: { children: ReactNode }) {
  const pairs = useApp((state) => state.pairs);
  return (
    <div className={css.foot}>
      {children}
      <button
        type="button"
        className={shared.link}
        disabled={wholePairs(pairs).length === 0}
        onClick={() => savePairs(pairs)}
      >
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
  );
}
