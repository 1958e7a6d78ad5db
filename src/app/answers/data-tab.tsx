import { useVirtualizer } from '@tanstack/react-virtual';
import { Suspense, useEffect, useMemo, useRef } from 'react';
import type { DataReport, RowPreview } from '../../data/types.ts';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import { beginning, count, plural } from '../shared/format.ts';
import { Arrow } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { TokenLegend } from '../shared/tokens.tsx';
import { useDataView } from '../state/data-view.ts';
import { useApp } from '../state/store.ts';
import css from './data.module.css';
import { LinesAside } from './lines-aside.tsx';
import { LossSwitch, useLossView } from './loss-switch.tsx';
import { RowFilter } from './row-filter.tsx';
import { RowTokens } from './row-tokens.tsx';
import { useFoundRows } from './use-found-rows.ts';
import { type Rows, useRows } from './use-rows.ts';

const RowLosses = lazyPart(() => import('./row-losses.tsx'));

/** The rows as the model reads them: one row to the token, all rows in a list, and the lines set aside. */
export default function DataTab() {
  const data = useApp((state) => state.data);
  const work = useApp((state) => state.dataWork);
  if (!data) return <p className={shared.mute}>{work ? 'Reading the rows…' : 'No data is open.'}</p>;
  return <Table data={data} />;
}

function Table({ data }: { data: DataReport }) {
  const rows = useRows(data);
  const chosen = useDataView((state) => state.row);
  const setChosen = (row: number) => useDataView.setState({ row });
  const view = useLossView();
  const index = Math.min(chosen, Math.max(0, data.used - 1));
  const row = rows.at(index);
  useEffect(() => rows.need([index]));
  const filter = useDataView((state) => state.filter);
  const words = useDataView((state) => state.words);
  const found = useFoundRows(
    data,
    filter === 'set-aside' ? 'all' : filter,
    filter === 'set-aside' ? '' : words,
  );
  const held = useFoundRows(data, 'held-out', '').rows;
  const plain = (
    <>
      <RowTokens row={row} failed={rows.failed} />
      <TokenLegend pairs={data.rowKind === 'pairs'} />
    </>
  );
  return (
    <>
      {data.used > 0 && (
        <>
          <div className={shared.between}>
            <h2 className={shared.heading}>
              Row {count(index + 1)} <span>{row ? tokensOf(row) : ''}</span>
            </h2>
            <span className={css.turn}>
              <button
                type="button"
                aria-label="Previous row"
                disabled={index === 0}
                onClick={() => setChosen(index - 1)}
              >
                <Arrow back />
              </button>
              <button
                type="button"
                aria-label="Next row"
                disabled={index >= data.used - 1}
                onClick={() => setChosen(index + 1)}
              >
                <Arrow />
              </button>
            </span>
          </div>
          <LossSwitch />
          {row && view !== 'off' ? (
            <Region name="The loss of each token" instead={plain}>
              <Suspense fallback={plain}>
                <RowLosses of={data} row={row} view={view} />
              </Suspense>
            </Region>
          ) : (
            plain
          )}
          <RowFilter data={data} found={found} />
          {filter !== 'set-aside' && (
            <RowList
              data={data}
              rows={rows}
              found={found.rows}
              held={held}
              chosen={index}
              onChoose={setChosen}
            />
          )}
        </>
      )}
      {(filter === 'all' || filter === 'set-aside' || data.used === 0) && <LinesAside data={data} />}
    </>
  );
}

/** Of a pair both; a bad answer is told from good ones. */
function answerOf({ question, answer, rejected, good }: RowPreview): string {
  if (rejected)
    return `${beginning(answer, SHOWN / 2)} · rather than: ${beginning(rejected.answer, SHOWN / 2)}`;
  const mark = good === undefined ? '' : good ? '👍 ' : '👎 ';
  return question ? `${mark}${beginning(answer, SHOWN)}` : mark;
}

function tokensOf({ tokens, rejected, good }: RowPreview): string {
  if (rejected) return `${plural(tokens.length, 'token')} and ${count(rejected.tokens.length)}`;
  const verdict = good === undefined ? '' : `, marked as ${good ? 'good' : 'bad'}`;
  const trained = tokens.filter(({ kind }) => kind === 'trained').length;
  const cut = tokens.filter(({ kind }) => kind === 'cut').length;
  return `${plural(tokens.length, 'token')}, ${count(trained)} trained${cut > 0 ? `, ${count(cut)} cut` : ''}${verdict}`;
}

const ROW_HEIGHT = 32;
/** Characters that a line could have room for. */
const SHOWN = 200;

/** Every row in a line each; only those in sight are elements of the page. */
function RowList(props: {
  data: DataReport;
  rows: Rows;
  /** Places of the rows that it has; null: all. */
  found: readonly number[] | null;
  held: readonly number[] | null;
  chosen: number;
  onChoose(index: number): void;
}) {
  const { data, rows, found, chosen } = props;
  const held = useMemo(() => new Set(props.held), [props.held]);
  const scroller = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: found?.length ?? data.used,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 6,
  });
  const items = list.getVirtualItems();
  const placeOf = (at: number) => found?.[at] ?? at;
  useEffect(() => {
    if (items.length > 0) rows.need(items.map(({ index }) => placeOf(index)));
  });
  useEffect(() => {
    const at = found ? found.indexOf(chosen) : chosen;
    if (at >= 0) list.scrollToIndex(at);
  }, [list, found, chosen]);
  return (
    <section className={css.rows} aria-label="Rows">
      <div ref={scroller} className={css.scroller}>
        <ul style={{ height: list.getTotalSize() }}>
          {items.map(({ index: at, start }) => {
            const index = placeOf(at);
            const row = rows.at(index);
            return (
              <li key={at} style={{ transform: `translateY(${start}px)` }}>
                <button
                  type="button"
                  aria-current={index === chosen ? 'true' : undefined}
                  onClick={() => props.onChoose(index)}
                >
                  <span className={css.line}>{count(index + 1)}</span>
                  <span className={css.asked} dir="auto">
                    {row ? beginning(row.question || row.answer, SHOWN) : ''}
                  </span>
                  <span className={css.answered} dir="auto">
                    {row ? answerOf(row) : ''}
                  </span>
                  <span className={css.mark}>
                    {held.has(index) && 'held out'}
                    {row?.tokens.some(({ kind }) => kind === 'cut') && (
                      <i>{held.has(index) ? ', cut' : 'cut'}</i>
                    )}
                  </span>
                </button>
              </li>
            );
          })}
        </ul>
      </div>
    </section>
  );
}
