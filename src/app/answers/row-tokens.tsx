import type { ReactNode } from 'react';
import type { PreviewToken, RowPreview } from '../../data/types.ts';
import shared from '../shared/shared.module.css';
import { Tokens } from '../shared/tokens.tsx';
import css from './data.module.css';

/** The tokens of a row, in a card of their own; of a pair both answers beside each other. */
export function RowTokens({ row, failed }: { row: RowPreview | undefined; failed: boolean }) {
  if (row?.rejected) return <Pair better={row.tokens} worse={row.rejected.tokens} />;
  return (
    <Box label="Tokens of the row">
      {row ? (
        <Tokens tokens={row.tokens} />
      ) : failed ? (
        'This row could not be read. Open the file again.'
      ) : (
        '…'
      )}
    </Box>
  );
}

function Pair({ better, worse }: { better: PreviewToken[]; worse: PreviewToken[] }) {
  const parting = partingOf(better, worse);
  return (
    <div className={css.pair}>
      {(
        [
          ['Better', better],
          ['Worse', worse],
        ] as const
      ).map(([label, tokens]) => (
        <div key={label}>
          <h3 className={shared.label}>{label} answer</h3>
          <Box label={`Tokens of the ${label.toLowerCase()} answer`}>
            <Tokens tokens={tokens} parting={parting} />
          </Box>
        </div>
      ))}
    </div>
  );
}

/** The first token in which two rows differ. */
export function partingOf(one: readonly { id: number }[], other: readonly { id: number }[]): number {
  const at = one.findIndex(({ id }, i) => id !== other[i]?.id);
  return at < 0 ? one.length : at;
}

function Box({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section
      className={`${shared.card} ${shared.mono} ${css.tokens}`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={label}
    >
      {children}
    </section>
  );
}
