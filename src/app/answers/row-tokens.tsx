import type { RowPreview } from '../../data/types.ts';
import shared from '../shared/shared.module.css';
import css from './data.module.css';

/** A row to the token: trained on an accent ground, cut off struck through, the template's own faint. */
export function RowTokens({ row, failed }: { row: RowPreview | undefined; failed: boolean }) {
  return (
    <section
      className={`${shared.card} ${shared.mono} ${css.tokens}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Tokens of the row"
    >
      {row
        ? row.tokens.map(({ id, text, kind }, i) => (
            <span
              // A token has no name but its place.
              // biome-ignore lint/suspicious/noArrayIndexKey: tokens never move
              key={i}
              className={`${css[kind]} ${text === null ? css.piece : ''}`}
              title={text === null ? `token ${id}, a piece of the character before it` : `token ${id}`}
            >
              {text !== null && visible(text)}
            </span>
          ))
        : failed
          ? 'This row could not be read. Open the file again.'
          : '…'}
    </section>
  );
}

/** Line ends and tabs are tokens too, so they are drawn. */
function visible(text: string): string {
  return text.replaceAll('\n', '↵\n').replaceAll('\t', '→\t');
}

export function TokenLegend() {
  return (
    <div className={css.legend}>
      <span className={css.trained}>trained</span>
      <span>not trained</span>
      <span className={css.cut}>cut off</span>
      <span className={css.template}>template</span>
    </div>
  );
}
