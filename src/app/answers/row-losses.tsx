import { type KeyboardEvent, useId, useRef, useState } from 'react';
import type { DataReport, PreviewToken, RowPreview } from '../../data/types.ts';
import { count, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import tokenCss from '../shared/tokens.module.css';
import { visible } from '../shared/tokens.tsx';
import { Trouble } from '../shared/trouble.tsx';
import type { LossView } from '../state/data-view.ts';
import data from './data.module.css';
import { CHANCES, drawnLevel, lossWords, meanLoss, type TokenLoss } from './loss-words.ts';
import css from './row-losses.module.css';
import { useRowLosses } from './use-row-losses.ts';
import { visibleToken } from './visible-token.ts';

/** A row whose trained tokens are coloured by their loss; of a pair both answers. */
export default function RowLosses(props: { of: DataReport; row: RowPreview; view: LossView }) {
  const { row, view } = props;
  const { before, now, error } = useRowLosses(props.of, row.index, view);
  const sides = [
    { label: row.rejected ? 'Better answer' : null, tokens: row.tokens, key: 'losses' as const },
    ...(row.rejected
      ? [{ label: 'Worse answer', tokens: row.rejected.tokens, key: 'rejected' as const }]
      : []),
  ];
  if ([before, now].some((side) => side?.losses === null))
    return <p className={shared.mute}>This row could not be read. Open the file again.</p>;
  return (
    <>
      {error && <Trouble error={error} what="The losses of this row were not measured." />}
      <div className={row.rejected ? data.pair : data.alone}>
        {sides.map(({ label, tokens, key }) => (
          <Coloured
            key={`${row.index} ${key}`}
            {...{ label, tokens, view }}
            before={before?.[key] ?? null}
            now={now?.[key] ?? null}
          />
        ))}
      </div>
      <Legend view={view} />
    </>
  );
}

interface Side {
  label: string | null;
  tokens: readonly PreviewToken[];
  view: LossView;
  before: Float32Array | null;
  now: Float32Array | null;
}

/** Arrow keys walk along the tokens that have a loss, and the line below says it; so does pointing at one. */
function Coloured({ label, tokens, view, before, now }: Side) {
  const [at, setAt] = useState<number | null>(null);
  const box = useRef<HTMLElement>(null);
  const line = useId();
  const lossOf = (i: number): TokenLoss => ({ before: at0(before, i), now: at0(now, i) });
  const walk = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    for (let i = (at ?? (by > 0 ? -1 : tokens.length)) + by; i >= 0 && i < tokens.length; i += by) {
      if (drawnLevel(view, lossOf(i)) === null) continue;
      setAt(i);
      box.current?.querySelector(`[data-at="${i}"]`)?.scrollIntoView({ block: 'nearest' });
      return;
    }
  };
  const point = ({ target }: { target: EventTarget }) => {
    const found = target instanceof Element ? target.closest<HTMLElement>('[data-at]') : null;
    if (found) setAt(Number(found.dataset.at));
  };
  return (
    <div className={css.side}>
      {label && <h3 className={shared.label}>{label}</h3>}
      <section
        ref={box}
        className={`${shared.card} ${shared.mono} ${data.tokens}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={label ? `Tokens of the ${label.toLowerCase()}` : 'Tokens of the row'}
        aria-describedby={line}
        onKeyDown={walk}
        onMouseOver={point}
        onFocus={point}
        onClick={point}
      >
        <div className={tokenCss.tokens}>
          {tokens.map(({ id, text, kind }, i) => {
            const loss = lossOf(i);
            const level = drawnLevel(view, loss);
            const piece = text === null ? tokenCss.piece : '';
            if (level === null)
              return (
                <span
                  // A token has no name but its place.
                  // biome-ignore lint/suspicious/noArrayIndexKey: tokens never move
                  key={i}
                  className={`${kind === 'trained' ? css.waiting : tokenCss[kind]} ${piece}`}
                >
                  {text !== null && visible(text)}
                </span>
              );
            const words = lossWords(view, loss);
            return (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: as above
                key={i}
                className={`${css.loss} ${piece}`}
                data-view={view}
                data-level={Math.abs(level)}
                data-worse={level < 0 || undefined}
                data-at={i}
                data-current={i === at || undefined}
                title={`token ${id}: ${words}`}
              >
                {text !== null && visible(text)}
                <span className={css.said}>{` (${words}) `}</span>
              </span>
            );
          })}
        </div>
      </section>
      <p className={`${shared.label} ${css.line}`} id={line} aria-live="polite">
        {at === null ? rowWords(view, before, now) : tokenWords(tokens, at, lossWords(view, lossOf(at)))}
      </p>
    </div>
  );
}

/** The loss at a place, where there is one. */
function at0(losses: Float32Array | null, i: number): number | null {
  const loss = losses?.[i];
  return loss === undefined || Number.isNaN(loss) ? null : loss;
}

function tokenWords(tokens: readonly PreviewToken[], at: number, words: string): string {
  return `“${visibleToken(tokens[at]?.text ?? '')}”: ${words}`;
}

/** What the colours add up to. */
function rowWords(view: LossView, before: Float32Array | null, now: Float32Array | null): string {
  const mean = { before: before && meanLoss(before), now: now && meanLoss(now) };
  if (drawnLevel(view, mean) === null) return 'Measuring…';
  const taken = [...(before ?? now ?? [])].filter((loss) => !Number.isNaN(loss)).length;
  return `Mean over ${plural(taken, 'trained token')}: ${lossWords(view, mean)}`;
}

function Legend({ view }: { view: LossView }) {
  const swatch = (level: number, words: string, worse = false) => (
    <span
      key={words}
      className={css.loss}
      data-view={view}
      data-level={level}
      data-worse={worse || undefined}
    >
      {words}
    </span>
  );
  if (view === 'change')
    return (
      <div className={`${tokenCss.legend} ${css.legend}`}>
        <span>likelier by</span>
        {CHANCES.map((times, i) => swatch(i + 1, `${count(times)} times`))}
        {swatch(2, 'less likely', true)}
      </div>
    );
  return (
    <div className={`${tokenCss.legend} ${css.legend}`}>
      <span>chance</span>
      {swatch(0, 'over 1 in 2')}
      {CHANCES.slice(1).map((oneIn, i) => swatch(i + 1, `1 in ${count(oneIn)}`))}
      {swatch(4, 'less')}
    </div>
  );
}
