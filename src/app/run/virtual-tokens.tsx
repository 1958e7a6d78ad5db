import { useEffect, useState } from 'react';
import type { VirtualToken } from '../../worker/api/api.ts';
import { visibleToken } from '../answers/visible-token.ts';
import { Term } from '../glossary/term.tsx';
import { percent } from '../shared/format.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { worker } from '../state/connection.ts';
import { useApp } from '../state/store.ts';
import css from './virtual-tokens.module.css';

/** Tokens of the vocabulary that are shown beside each virtual one. */
const NEAREST = 5;

/** After prompt tuning: what each virtual token is nearest to among the words of the model, and how far it has moved. */
export default function VirtualTokens() {
  const prompt = useApp(({ runSettings }) => runSettings?.method === 'prompt');
  const id = useApp(({ tuned }) => tuned);
  const [told, setTold] = useState<{ id: string; tokens: readonly VirtualToken[] | null } | null>(null);
  const [error, setError] = useState<PageError | null>(null);
  useEffect(() => {
    if (!prompt || id === null) return;
    let latest = true;
    setError(null);
    worker()
      .then((api) => api.virtualTokens(id, NEAREST))
      .then((tokens) => latest && setTold({ id, tokens }))
      .catch((reason) => latest && setError(pageError(reason)));
    return () => {
      latest = false;
    };
  }, [prompt, id]);
  if (!prompt || id === null) return null;
  if (error) return <Trouble error={error} what="The words of the virtual tokens were not found." />;
  return (
    <section className={css.tokens} aria-labelledby="virtual-tokens">
      <h2 className={shared.heading} id="virtual-tokens">
        <Term term="virtualTokens">Virtual tokens</Term> <span>nearest words by cosine of embeddings</span>
      </h2>
      {told?.id !== id ? (
        <p className={shared.mute}>Comparing them with every word of the vocabulary …</p>
      ) : (
        told.tokens && <TokenTable tokens={told.tokens} />
      )}
    </section>
  );
}

export function TokenTable({ tokens }: { tokens: readonly VirtualToken[] }) {
  return (
    <div className={css.scroller}>
      <table className={css.table}>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col" title="‖p − p⁰‖ / ‖p⁰‖">
              moved
            </th>
            <th scope="col">nearest words</th>
          </tr>
        </thead>
        <tbody>
          {tokens.map(({ nearest, moved }, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a virtual token has no name but its place
            <tr key={i}>
              <th scope="row">{i + 1}</th>
              <td>{moved === null ? '—' : percent(moved)}</td>
              <td>
                {nearest.map(({ id, text, cosine }) => (
                  <span key={id} className={css.word} title={`token ${id}`}>
                    <b>{visibleToken(text)}</b> {cosine.toFixed(2)}
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
