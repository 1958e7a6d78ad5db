import { useEffect, useId, useState } from 'react';
import type { NextToken } from '../../worker/api/api.ts';
import { lookAhead, lookedAhead } from '../actions/answers.ts';
import { Ask } from '../glossary/term.tsx';
import { count, percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import css from './next-tokens.module.css';
import { visibleToken } from './visible-token.ts';

/** Milliseconds for which prompt, beginning and sliders must stand still. */
const STILL = 400;

/** Next-token probabilities of both models after a question and the beginning of an answer. */
export default function NextTokens() {
  const prompt = useApp(
    ({ exchanges, run, prompts }) => exchanges.at(-1)?.prompt ?? run.films[0]?.prompt ?? prompts[0],
  );
  const strength = useApp((state) => state.strength);
  const asking = useApp((state) => state.asking);
  const at = useApp(({ run }) => (run.state === 'finished' ? run.step : 0));
  const step = useThen((then) => then.step);
  // What was computed ahead comes by itself.
  const odds = useThen((then) => then.odds);
  const [open, setOpen] = useState(false);
  const [begun, setBegun] = useState('');
  const [found, setFound] = useState<{ step: number | null; tokens: NextToken[] } | null>(null);
  const id = useId();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another end of a run is another model
  useEffect(() => {
    if (!open || !prompt) return;
    useThen.setState({ looked: { prompt, begun } });
    const known = lookedAhead(prompt, begun);
    if (known) setFound({ step, tokens: known });
    if (known || asking) return;
    let wanted = true;
    const timer = setTimeout(async () => {
      const tokens = await lookAhead(prompt, begun);
      if (wanted) setFound(tokens && { step, tokens });
    }, STILL);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [open, prompt, begun, strength, step, asking, at, odds]);

  // Nobody looks any more.
  useEffect(() => (open ? () => useThen.setState({ looked: null }) : undefined), [open]);

  if (!prompt) return null;
  return (
    <details className={`${shared.card} ${css.card}`} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Next token <span>probabilities of both models after “{prompt.split('\n').at(-1)}”</span>
      </summary>
      <div className={css.begun}>
        <span>
          <label htmlFor={id}>The answer begins with</label>
          <Ask term="nextToken" about="next-token probabilities" />
        </span>
        <input
          id={id}
          className={shared.mono}
          value={begun}
          placeholder="nothing yet"
          onChange={(event) => setBegun(event.currentTarget.value)}
        />
      </div>
      {open && found === null && <p className={shared.faint}>…</p>}
      {found && (
        <table className={css.bars} aria-busy={found.step !== step}>
          <thead>
            <tr>
              <th scope="col">token</th>
              <th scope="col">base</th>
              <th scope="col">tuned{found.step !== null && `, step ${count(found.step)}`}</th>
            </tr>
          </thead>
          <tbody>
            {found.tokens.map((token) => (
              <tr key={token.id}>
                <th scope="row" className={shared.mono}>
                  {visibleToken(token.text)}
                </th>
                <td>
                  <Bar value={token.base} className={css.base} />
                </td>
                <td>
                  <Bar value={token.tuned} className={css.tuned} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </details>
  );
}

function Bar({ value, className }: { value: number; className: string }) {
  return (
    <span className={css.bar}>
      <i className={className} style={{ width: `${100 * value}%` }} />
      {value < 0.0005 ? '< 0.1 %' : percent(value)}
    </span>
  );
}
