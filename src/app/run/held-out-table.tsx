import { useVirtualizer } from '@tanstack/react-virtual';
import { Fragment, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { isRight, type Metric, metricOf } from '../../data/metric.ts';
import { Term } from '../glossary/term.tsx';
import { type Column, lossChange, type Order, rowsAt, signed, sortedRows } from '../outcome/held-rows.ts';
import { count } from '../shared/format.ts';
import { useLayout } from '../shared/layout.ts';
import shared from '../shared/shared.module.css';
import { stepLeft } from '../state/conversation.ts';
import { type HeldRow, useOutcome } from '../state/outcome.ts';
import { useApp } from '../state/store.ts';
import { knownAt, useThen } from '../state/then.ts';
import css from './held-out.module.css';

const ROW_HEIGHT = 36;
/** Rows in sight before the table scrolls. */
const MOST_SHOWN = 8;
/** Pixels that the table grows by at most for what a row opens to. */
const MOST_OPEN = 240;

/** Every held-out row with what was wanted and what both said, to be sorted by how its loss changed. */
export default function HeldOutTable() {
  const atEnd = useOutcome((state) => state.rows);
  const work = useOutcome((state) => state.work);
  const left = useApp(stepLeft);
  const step = useThen((then) => then.step) ?? left;
  const known = useThen((then) => (step === left ? null : knownAt(then, step).sides));
  const { rows, measured } = useMemo(
    () => (known ? rowsAt(atEnd, known) : { rows: atEnd, measured: null }),
    [atEnd, known],
  );
  const [order, setOrder] = useState<Order>({ by: 'line', down: false });
  const [open, setOpen] = useState<number | null>(null);
  const [more, setMore] = useState(0);
  const tuned = useMemo(() => rows.filter((row) => row.tuned), [rows]);
  const sorted = useMemo(() => sortedRows(tuned, order), [tuned, order]);
  const metric = useMemo(() => metricOf(tuned.map(({ reference }) => reference)), [tuned]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    // What a row opens to lies below it, in its own place of the list.
    estimateSize: (index) => ROW_HEIGHT + (sorted[index].row === open ? more : 0),
    overscan: 6,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another height of what is open moves what lies below
  useEffect(() => list.measure(), [list, more, open, order]);
  if (tuned.length === 0) return null;
  const items = list.getVirtualItems();
  const above = items[0]?.start ?? 0;
  const below = list.getTotalSize() - (items.at(-1)?.end ?? 0);
  const head = (by: Column, label: string, className: string) => (
    <th scope="col" aria-sort={sortOf(order, by)} className={className}>
      <button
        type="button"
        className={shared.link}
        onClick={() => setOrder({ by, down: order.by === by && !order.down })}
      >
        {label}
        <span aria-hidden="true">{order.by === by ? (order.down ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
  return (
    <section className={css.held} aria-labelledby="held-out-rows">
      <div className={shared.between}>
        <h2 className={shared.heading} id="held-out-rows">
          <Term term="evalFraction">Held-out rows</Term>{' '}
          <span>
            {count(tuned.length)} · tuned: step {count(step)}, strength 1
          </span>
        </h2>
        <span className={shared.faint}>
          {work?.total
            ? `${work.what}, ${Math.floor((100 * work.done) / work.total)} %`
            : measured !== null && measured < tuned.length
              ? `${count(measured)} of ${count(tuned.length)} measured`
              : ''}
        </span>
      </div>
      <div
        ref={scroller}
        className={`${shared.card} ${css.scroller}`}
        style={{
          height:
            ROW_HEIGHT * (Math.min(MOST_SHOWN, sorted.length) + 1) +
            2 +
            (open === null ? 0 : Math.min(more, MOST_OPEN)),
        }}
      >
        <table className={css.table} aria-labelledby="held-out-rows" aria-rowcount={sorted.length + 1}>
          <thead>
            <tr aria-rowindex={1}>
              {head('line', 'line', css.line)}
              <th scope="col">question</th>
              <th scope="col" className={css.more}>
                wanted
              </th>
              <th scope="col" className={css.more}>
                base
              </th>
              <th scope="col">tuned</th>
              {head('change', 'loss', css.change)}
            </tr>
          </thead>
          <tbody>
            {/* Rows out of sight are no elements: these two hold their place. */}
            {above > 0 && <tr style={{ height: above }} />}
            {items.map(({ index }) => (
              <Fragment key={sorted[index].row}>
                <Row
                  row={sorted[index]}
                  index={index}
                  metric={metric}
                  open={sorted[index].row === open}
                  onOpen={() => setOpen(sorted[index].row === open ? null : sorted[index].row)}
                />
                {sorted[index].row === open && <Whole row={sorted[index]} onHeight={setMore} />}
              </Fragment>
            ))}
            {below > 0 && <tr style={{ height: below }} />}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function sortOf(order: Order, by: Column): 'ascending' | 'descending' | 'none' {
  if (order.by !== by) return 'none';
  return order.down ? 'descending' : 'ascending';
}

function Row(props: { row: HeldRow; index: number; metric: Metric; open: boolean; onOpen(): void }) {
  const { row, metric } = props;
  const change = lossChange(row);
  const answer = row.tuned?.answer ?? null;
  const right = answer === null ? null : isRight(metric, { answer, reference: row.reference });
  return (
    <tr aria-rowindex={props.index + 2} className={css.row} data-open={props.open || undefined}>
      <td className={css.line}>{count(row.line)}</td>
      <td>
        <button type="button" className={shared.link} aria-expanded={props.open} onClick={props.onOpen}>
          {lastLine(row.prompt) || '(a text)'}
        </button>
      </td>
      <td className={css.more}>{row.reference}</td>
      <td className={`${css.more} ${shared.mute}`}>{row.base?.answer ?? '—'}</td>
      <td className={right === false ? css.wrong : css.tuned}>
        {answer ?? '—'}
        {right === false && ' ✕'}
      </td>
      <td className={css.change}>{change === null ? '—' : signed(change)}</td>
    </tr>
  );
}

/** Rows of one task begin with the same instruction: the last line tells them apart. */
function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** One row in full, below its line of the table: what does not fit into it. */
function Whole({ row, onHeight }: { row: HeldRow; onHeight(height: number): void }) {
  const parts: [string, string | null | undefined][] = [
    ['Question', row.prompt],
    ['Wanted', row.reference],
    ['Base', row.base?.answer],
    ['Tuned', row.tuned?.answer],
  ];
  // On a phone two of the columns are not there.
  const columns = useLayout() === 'phone' ? 4 : 6;
  const watch = useCallback(
    (element: HTMLElement | null) => {
      if (!element) return;
      const observer = new ResizeObserver(() => onHeight(element.offsetHeight));
      observer.observe(element);
      return () => observer.disconnect();
    },
    [onHeight],
  );
  return (
    <tr ref={watch}>
      <td colSpan={columns} className={css.opened}>
        <section aria-label={`Line ${row.line}`}>
          <dl className={css.whole}>
            {parts.map(([name, text]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{text ?? 'not asked'}</dd>
              </div>
            ))}
          </dl>
        </section>
      </td>
    </tr>
  );
}
