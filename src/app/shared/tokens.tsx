import type { RowPreview } from '../../data/types.ts';
import css from './tokens.module.css';

/** A row to the token: trained on an accent ground, cut off struck through, the template's own faint. */
export function Tokens({ tokens }: Pick<RowPreview, 'tokens'>) {
  return (
    <div className={css.tokens}>
      {tokens.map(({ id, text, kind }, i) => (
        <span
          // A token has no name but its place.
          // biome-ignore lint/suspicious/noArrayIndexKey: tokens never move
          key={i}
          className={`${css[kind]} ${text === null ? css.piece : ''}`}
          title={text === null ? `token ${id}, a piece of the character before it` : `token ${id}`}
        >
          {text !== null && visible(text)}
        </span>
      ))}
    </div>
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
