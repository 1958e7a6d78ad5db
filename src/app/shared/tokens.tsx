import type { RowPreview } from '../../data/types.ts';
import css from './tokens.module.css';

/**
 * A row to the token: trained on an accent ground, cut off struck through, the template's own faint.
 *
 * @param parting of a pair: the first token in which its answers differ; what is trained before it decides nothing
 */
export function Tokens({ tokens, parting = 0 }: Pick<RowPreview, 'tokens'> & { parting?: number }) {
  return (
    <div className={css.tokens}>
      {tokens.map(({ id, text, kind }, i) => (
        <span
          // A token has no name but its place.
          // biome-ignore lint/suspicious/noArrayIndexKey: tokens never move
          key={i}
          className={`${kind === 'trained' && i < parting ? css.same : css[kind]} ${text === null ? css.piece : ''}`}
          title={`token ${id}${text === null ? ', a piece of the character before it' : ''}${kind === 'trained' && i < parting ? ', the same in both answers' : ''}`}
        >
          {text !== null && visible(text)}
        </span>
      ))}
    </div>
  );
}

/** Line ends and tabs are tokens too, so they are drawn. */
export function visible(text: string): string {
  return text.replaceAll('\n', '↵\n').replaceAll('\t', '→\t');
}

export function TokenLegend({ pairs = false }: { pairs?: boolean }) {
  return (
    <div className={css.legend}>
      <span className={css.trained}>{pairs ? 'decides' : 'trained'}</span>
      {pairs && <span className={css.same}>the same in both answers</span>}
      <span>not trained</span>
      <span className={css.cut}>cut off</span>
      <span className={css.template}>template</span>
    </div>
  );
}
