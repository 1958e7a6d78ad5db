import { CHANGE_WORDS, changeOf } from '../../lab/expectations/change.ts';
import { type Expectation, expectationLine, KINDS } from '../../lab/expectations/expectation.ts';
import type { ExpectedCheck } from '../../worker/api/api.ts';
import { removeExpectation } from '../actions/expectations.ts';
import { beginning } from '../shared/format.ts';
import { Cross } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import { useExpecting } from '../state/expecting.ts';
import css from './expectations.module.css';

interface Shown {
  now: ExpectedCheck | null;
  before: ExpectedCheck | null;
}

/** Every expectation with whether it was met, what that changed, and on this visit what was answered. */
export function ExpectationList({
  run,
  list,
  ...shown
}: { run: string; list: readonly Expectation[] } & Shown) {
  if (list.length === 0)
    return <p className={shared.mute}>Nothing is expected yet. Write the first one below.</p>;
  return (
    <ul className={css.list} aria-label="What is expected">
      {list.map((one) => (
        <Item key={expectationLine(one)} run={run} expectation={one} {...shown} />
      ))}
    </ul>
  );
}

function Item({ run, expectation, now, before }: { run: string; expectation: Expectation } & Shown) {
  const line = expectationLine(expectation);
  const { prompt, kind, wanted } = expectation;
  const answer = useExpecting(({ answers }) => (now ? answers[now.at]?.[line] : undefined));
  const met = now?.met[line];
  const earlier = before?.met[line];
  const change = met === undefined || earlier === undefined ? null : changeOf(earlier, met);
  return (
    <li className={`${shared.card} ${css.item}`}>
      <div className={css.head}>
        <p className={css.prompt}>{beginning(prompt)}</p>
        <button
          type="button"
          className={`${shared.icon} ${css.icon}`}
          aria-label={`Remove the expectation of “${beginning(prompt, 60)}”`}
          onClick={() => void removeExpectation(run, expectation)}
        >
          <Cross />
        </button>
      </div>
      <p className={css.must}>
        {KINDS[kind].label}
        {wanted && (
          <>
            {' '}
            <span className={shared.mono}>{beginning(wanted)}</span>
          </>
        )}
      </p>
      <p className={css.verdict} data-met={met}>
        {met === undefined ? 'Not checked' : met ? '✓ Met' : '✗ Missed'}
        {(change === 'better' || change === 'broke') && <b>, {CHANGE_WORDS[change]}</b>}
      </p>
      {answer !== undefined && <p className={shared.bubble}>{answer || 'An empty answer.'}</p>}
    </li>
  );
}
