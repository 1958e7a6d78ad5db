import { Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import { settingOf } from '../../run/settings/list.ts';
import {
  canSweep,
  closeSweep,
  isMeasured,
  measureSweep,
  showSweep,
  stopSweep,
  takeValue,
} from '../actions/sweep.ts';
import { Term } from '../glossary/term.tsx';
import { findingOf, trialSentence, type Verdict, verdictsOf } from '../outcome/sweep.ts';
import { changedWords } from '../shared/changed-words.ts';
import { beginning, duration, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useApp } from '../state/store.ts';
import { type Trial, useSweep } from '../state/sweep.ts';
import { SWEPT, trialSteps } from '../state/swept.ts';
import { SavePicture } from './save-picture.tsx';
import css from './sweep.module.css';
import { lookOf, SweepChart } from './sweep-chart.tsx';

/** Short runs that differ in one setting: their curves in one picture, and what each of them says to one question. */
export default function SweepDialog() {
  const { opened, setting, trials, now, error, of } = useSweep();
  // Mantine gives the focus back only to where it was when a dialog that is there already opens.
  const [there, setThere] = useState(false);
  useEffect(() => setThere(true), []);
  useEffect(() => {
    if (opened) showSweep();
  }, [opened]);
  const { label } = settingOf(setting);
  const ready = useApp(canSweep);
  const current = useApp(() => isMeasured({ of, setting }));
  const objective = useApp(
    ({ settings, data }) => settings.objective ?? (data?.calledFor === 'answers' ? 'sft' : null),
  );
  const values = SWEPT[setting]?.values ?? [];
  const verdicts = verdictsOf(trials);
  const finding = now ? null : findingOf(trials, verdicts, label);
  return (
    <Modal.Root opened={opened && there} onClose={closeSweep} size={880}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={shared.dialogHead}>
          <Modal.Title>
            {label}: {listed(values)}
          </Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body className={css.body}>
          <Intro />
          {error && <Trouble error={error} what="The runs were not finished." />}
          <div className={css.state}>{now ? <Progress /> : <p className={css.finding}>{finding}</p>}</div>
          <SweepChart trials={trials} verdicts={now ? null : verdicts} />
          <Question />
          <ul className={css.trials} aria-label="Runs">
            {values.map((value, place) => (
              <TrialCard
                key={value}
                value={value}
                place={place}
                trial={trials[place] ?? null}
                verdict={now ? null : (verdicts[place] ?? null)}
                surprise={objective === 'sft' || objective === 'dft'}
              />
            ))}
          </ul>
          <Rule />
          <div className={css.buttons}>
            <button
              type="button"
              className={shared.button}
              disabled={now !== null || !ready}
              onClick={() => void measureSweep()}
            >
              Run again
            </button>
            {trials.length > 0 && <SavePicture disabled={now !== null} />}
            {!now && !current && trials.length > 0 && (
              <span className={shared.faint}>Model, data or other settings have changed since.</span>
            )}
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Intro() {
  const { setting, of } = useSweep();
  const planned = useApp((state) => trialSteps(state.estimate));
  const { values = [], note } = SWEPT[setting] ?? {};
  const steps = of?.steps ?? planned;
  return (
    <p className={shared.mute}>
      A <Term term="sweep">sweep</Term>: {values.length} short runs of {plural(steps, 'step')} on the same
      rows, in the same order, from the same seed. {note} Your run, adapter and settings stay as they are.
    </p>
  );
}

/** Which run is under way, how far, how long yet, and an end to it. */
function Progress() {
  const { now, left, trials, stopping } = useSweep();
  if (!now) return null;
  const { run } = trials[now.place] ?? { run: null };
  const share = (now.place + (run && run.steps > 0 ? run.step / run.steps : 0)) / now.of;
  return (
    <>
      <div className={shared.between}>
        <span>
          Run {now.place + 1} of {now.of}
          <span className={`${shared.faint} ${shared.figures}`}>
            {' '}
            · {now.what}
            {left !== null && `, about ${duration(left)} left`}
          </span>
        </span>
        <button type="button" className={shared.button} disabled={stopping} onClick={() => void stopSweep()}>
          {stopping ? 'Stopping…' : 'Stop runs'}
        </button>
      </div>
      <div className={shared.track} style={{ height: 3 }}>
        <i style={{ width: `${100 * share}%`, background: 'var(--accent)' }} />
      </div>
      {/* Of each run once, not of each step. */}
      <p className={shared.hidden} role="status">
        Run {now.place + 1} of {now.of}
      </p>
    </>
  );
}

function Question() {
  const { question, base } = useSweep();
  if (question === null) return null;
  return (
    <div className={css.question}>
      <p className={shared.heading} dir="auto">
        “{beginning(question, 160)}”
      </p>
      <p className={shared.faint} dir="auto">
        <Term term="base">Base</Term>: {base === null ? '…' : beginning(base, 200)}
      </p>
    </div>
  );
}

const WORDS: Record<Verdict, string> = {
  learns: 'Learns',
  crawls: 'Crawls',
  diverges: 'Diverges',
  unknown: 'Not known',
};

interface CardProps {
  value: number;
  place: number;
  trial: Trial | null;
  verdict: Verdict | null;
  surprise: boolean;
}

function TrialCard({ value, place, trial, verdict, surprise }: CardProps) {
  const { setting, base, now } = useSweep();
  const own = useApp(({ settings }) => settings[setting] === value);
  const running = now?.place === place;
  const ended = trial !== null && !running;
  const look = lookOf(place, verdict);
  return (
    <li className={css.trial} data-verdict={verdict ?? undefined}>
      <p className={css.name}>
        <svg width="28" height="8" aria-hidden="true">
          <path d="M0 4H28" {...look} />
        </svg>
        <strong className={shared.figures}>{value}</strong>
        <span className={css.verdict}>
          {verdict ? WORDS[verdict] : running ? 'Running' : ended ? 'Measured' : ''}
        </span>
      </p>
      <p className={css.sentence}>{ended && trialSentence(trial, verdict ?? 'learns', surprise)}</p>
      <p className={css.answer} dir="auto">
        {trial?.answer === null || trial?.answer === undefined ? (
          ''
        ) : (
          <Answer base={base} text={trial.answer} />
        )}
      </p>
      <button
        type="button"
        className={shared.button}
        disabled={!ended || now !== null || own}
        onClick={() => takeValue(value)}
      >
        {own ? 'Your setting' : 'Use this one'}
      </button>
    </li>
  );
}

/** Words that the base does not say stand out. */
function Answer({ base, text }: { base: string | null; text: string }) {
  if (base === null) return text;
  return changedWords(base, text).map(({ text: words, changed }, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: parts of one text never move
    <span key={i} className={changed ? shared.changed : undefined}>
      {words}
    </span>
  ));
}

function Rule() {
  return (
    <details className={css.rule}>
      <summary>How these words are chosen</summary>
      <p>
        Diverges: the loss ended above its start, rose again from its lowest by more than half of what it had
        gained, or is not a number. Crawls: it gained less than half of what the best run gained. Learns: the
        rest. A short run shows how learning begins, not where a long one would end.
      </p>
    </details>
  );
}

/** `0.0003, 0.001 and 0.01` */
function listed(values: readonly number[]): string {
  const texts = values.map(String);
  return `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}
