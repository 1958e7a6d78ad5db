import { useEffect, useId, useState } from 'react';
import { changeOf, changesText } from '../../lab/expectations/change.ts';
import { type Expectation, expectationLine } from '../../lab/expectations/expectation.ts';
import type { ExpectedCheck, ShelfEntry } from '../../worker/api/api.ts';
import { BASE, checkExpectations, readSubjects, stopChecking, subjectsOf } from '../actions/expectations.ts';
import { bytes, count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useExpecting } from '../state/expecting.ts';
import { useHistory } from '../state/history.ts';
import { useShelf } from '../state/shelf.ts';
import { useApp } from '../state/store.ts';
import css from './expectations.module.css';

interface Props {
  run: string;
  list: readonly Expectation[];
  checks: readonly ExpectedCheck[];
  now: ExpectedCheck | null;
  before: ExpectedCheck | null;
  onShow(at: string): void;
  onBeside(at: string): void;
}

/** Who is asked, and what came of two checks beside each other. */
export function CheckControls({ run, list, checks, now, before, onShow, onBeside }: Props) {
  const { named } = useShelf();
  const runs = useHistory((state) => state.runs);
  const work = useExpecting((state) => state.work);
  const ready = useApp(({ model }) => model !== null);
  const tuned = useApp((state) => state.tuned);
  const [entries, setEntries] = useState<ShelfEntry[]>([]);
  const [chosen, setChosen] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is named is at hand
  useEffect(() => void readSubjects().then(setEntries), [named]);
  const subjects = subjectsOf(entries, runs);
  const subject = subjects.find(({ key }) => key === (chosen ?? tuned)) ?? BASE;
  return (
    <>
      <div className={css.controls}>
        <Choice label="Ask" value={subject.key} onChange={setChosen}>
          {subjects.map(({ key, name, past }) => (
            <option key={key} value={key}>
              {past ? `${name}, kept (${bytes(past.adapterBytes)})` : name}
            </option>
          ))}
        </Choice>
        {work ? (
          <button type="button" className={shared.button} onClick={() => void stopChecking()}>
            Stop checking
          </button>
        ) : (
          <button
            type="button"
            className={shared.main}
            disabled={!ready || list.length === 0}
            onClick={() => void checkExpectations(run, subject).then(() => onShow(''))}
          >
            Check
          </button>
        )}
        {now && (
          <Choice label="Shown" value={now.at} onChange={onShow}>
            {checks.map((check) => (
              <option key={check.at} value={check.at}>
                {nameOf(check)}
              </option>
            ))}
          </Choice>
        )}
        {before && (
          <Choice label="Beside" value={before.at} onChange={onBeside}>
            {checks.map((check) => (
              <option key={check.at} value={check.at}>
                {nameOf(check)}
              </option>
            ))}
          </Choice>
        )}
      </div>
      <p className={css.found} role="status">
        {work
          ? `Asking ${work.of}: ${count(work.done)} of ${count(work.total)}`
          : now && found(list, now, before)}
      </p>
    </>
  );
}

function Choice(props: {
  label: string;
  value: string;
  onChange(value: string): void;
  children: React.ReactNode;
}) {
  const id = useId();
  return (
    <div className={css.choice}>
      <label htmlFor={id}>{props.label}</label>
      <select
        id={id}
        className={css.box}
        value={props.value}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      >
        {props.children}
      </select>
    </div>
  );
}

function nameOf({ of, model, at }: ExpectedCheck): string {
  const when = new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'medium' });
  return `${of === BASE.name ? `Base, ${model}` : of}, ${when}`;
}

/** `Pirate: 4 of 6 met. Beside Base: 2 got better, …`; of expectations that both were asked. */
export function found(
  list: readonly Expectation[],
  now: ExpectedCheck,
  before: ExpectedCheck | null,
): string {
  const lines = list.map(expectationLine).filter((line) => now.met[line] !== undefined);
  const met = lines.filter((line) => now.met[line]).length;
  const first = `${now.of}: ${count(met)} of ${count(lines.length)} met.`;
  const both = lines.filter((line) => before?.met[line] !== undefined);
  if (!before || both.length === 0) return first;
  return `${first} Beside ${before.of}: ${changesText(both.map((line) => changeOf(before.met[line], now.met[line])))}.`;
}
