import { useId, useMemo, useState } from 'react';
import { withoutByHand } from '../../lab/distillation/made.ts';
import { REASONS, type Reason } from '../../lab/distillation/sieve.ts';
import type { KeptDistil } from '../../worker/api/api.ts';
import { takeOut } from '../actions/distil.ts';
import { beginning, count, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './distil.module.css';

/** Rows in sight before more are asked for, and how many more come at once. */
const [FIRST, MORE] = [8, 40];
/** Letters of a question or an answer that are shown. */
const LETTERS = 400;

type Shown = 'kept' | Reason;

/** What the teacher made: what is kept, and what is not, by the reason. */
export function MadeRows({ kept }: { kept: KeptDistil }) {
  const [shown, setShown] = useState<Shown>('kept');
  const [most, setMost] = useState(FIRST);
  const { stages, verdicts, byHand } = kept;
  const reasons = useMemo(() => withoutByHand(verdicts, byHand), [verdicts, byHand]);
  const places = reasons.flatMap((reason, place) => ((reason ?? 'kept') === shown ? [place] : []));
  const more = Math.min(MORE, places.length - most);
  const keptCount = reasons.filter((reason) => reason === null).length;
  return (
    <section className={css.distil} aria-labelledby="made-rows">
      <div className={css.head}>
        <h2 className={shared.heading} id="made-rows">
          Made rows <span>{`${count(keptCount)} of ${count(stages.attempts?.length ?? 0)} kept`}</span>
        </h2>
        <Which
          reasons={reasons}
          shown={shown}
          show={(next) => {
            setShown(next);
            setMost(FIRST);
          }}
        />
      </div>
      {places.length === 0 ? (
        <p className={shared.faint}>There is no such row.</p>
      ) : (
        <div className={`${shared.card} ${css.card}`}>
          <table className={css.made} aria-label="Made rows">
            <thead>
              <tr>
                <th scope="col">Asked</th>
                <th scope="col">The teacher’s answer</th>
                <th scope="col">
                  <span className={shared.hidden}>Take out or put back</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {places.slice(0, most).map((place) => (
                <MadeRow key={place} kept={kept} place={place} reason={reasons[place]} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more > 0 && (
        <button type="button" className={shared.accentLink} onClick={() => setMost(most + MORE)}>
          {plural(more, 'more row')}
        </button>
      )}
    </section>
  );
}

interface WhichProps {
  reasons: readonly (Reason | null)[];
  shown: Shown;
  show(next: Shown): void;
}

/** Those that are kept, or those that were left out for a reason, with how many there are of each. */
function Which({ reasons, shown, show }: WhichProps) {
  const id = useId();
  const of = (which: Shown) => reasons.filter((reason) => (reason ?? 'kept') === which).length;
  const options = (Object.keys(REASONS) as Reason[]).filter((reason) => of(reason) > 0 || reason === shown);
  return (
    <>
      <label className={shared.hidden} htmlFor={id}>
        Which made rows are shown
      </label>
      <select
        id={id}
        className={css.select}
        value={shown}
        onChange={(event) => show(event.currentTarget.value as Shown)}
      >
        <option value="kept">{`Kept: ${of('kept')}`}</option>
        {options.map((reason) => (
          <option key={reason} value={reason}>
            {`Left out, since ${REASONS[reason]}: ${of(reason)}`}
          </option>
        ))}
      </select>
    </>
  );
}

interface MadeRowProps {
  kept: KeptDistil;
  place: number;
  reason: Reason | null;
}

function MadeRow({ kept, place, reason }: MadeRowProps) {
  const taken = useApp((app) => app.underWay !== null);
  const { turns, answer } = kept.stages.attempts![place];
  const asked = turns.findLast(({ role }) => role === 'user')?.content ?? '';
  const verb = reason === null ? 'Take out' : 'Put back';
  return (
    <tr>
      <td dir="auto">{beginning(asked, LETTERS) || '(empty)'}</td>
      <td dir="auto">
        {answer === null ? 'not asked' : beginning(answer.text.trim(), LETTERS) || '(empty)'}
      </td>
      <td>
        {(reason === null || reason === 'by_hand') && (
          <button
            type="button"
            className={shared.link}
            disabled={taken}
            aria-label={`${verb}: “${beginning(asked, 60)}”`}
            onClick={() => void takeOut(place, reason === null)}
          >
            {verb}
          </button>
        )}
      </td>
    </tr>
  );
}
