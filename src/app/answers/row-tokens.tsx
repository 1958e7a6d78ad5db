import type { RowPreview } from '../../data/types.ts';
import shared from '../shared/shared.module.css';
import { Tokens } from '../shared/tokens.tsx';
import css from './data.module.css';

/** The tokens of a row, in a card of their own. */
export function RowTokens({ row, failed }: { row: RowPreview | undefined; failed: boolean }) {
  return (
    <section
      className={`${shared.card} ${shared.mono} ${css.tokens}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label="Tokens of the row"
    >
      {row ? (
        <Tokens tokens={row.tokens} />
      ) : failed ? (
        'This row could not be read. Open the file again.'
      ) : (
        '…'
      )}
    </section>
  );
}
