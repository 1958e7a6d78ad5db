import { useEffect, useState } from 'react';
import { ask, canAsk } from '../actions/answers.ts';
import { suggestions } from '../actions/next.ts';
import { questionsToTry } from '../actions/questions.ts';
import { settingsLocked } from '../actions/settings.ts';
import { ChangedText } from '../answers/changed-text.tsx';
import { PromptField } from '../answers/prompt-field.tsx';
import type { TermId } from '../glossary/glossary.ts';
import { Explained, Term } from '../glossary/term.tsx';
import { beginning, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { answeredBy, conversation } from '../state/conversation.ts';
import { isWritten } from '../state/pairs.ts';
import { presetOf } from '../state/presets.ts';
import { useApp } from '../state/store.ts';
import css from './ask-first.module.css';

/** What stands first after a first run: a question to what was trained, the answers of both models, what comes next. */
export default function AskFirst() {
  const error = useApp((state) => state.askError);
  return (
    <section className={css.first} aria-labelledby="ask-first">
      <h2 className={css.title} id="ask-first">
        Ask what you have trained
      </h2>
      <PromptField kind="ask" large />
      <Questions />
      {error && <Trouble error={error} what="The question was not answered." />}
      <Latest />
      <Meaning />
      <Next />
    </section>
  );
}

/** Three questions of the data, one press away. */
function Questions() {
  const run = useApp((state) => state.run.adapter);
  const ready = useApp(canAsk);
  const [questions, setQuestions] = useState<readonly string[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another run has other questions
  useEffect(() => {
    let latest = true;
    void questionsToTry().then((found) => latest && setQuestions(found));
    return () => {
      latest = false;
    };
  }, [run]);
  return (
    <ul className={css.questions} aria-label="Questions to try">
      {questions.map((question) => (
        <li key={question}>
          <button
            type="button"
            className={css.chip}
            title={question}
            disabled={!ready}
            onClick={() => void ask(question)}
          >
            {chipText(question)}
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Of a question with an instruction above it, what differs from one to the next. */
export function chipText(question: string): string {
  const lines = question.split('\n').filter((line) => line.trim() !== '');
  return beginning(lines.at(-1) ?? question, 60);
}

/** What was asked last, or else the run's own first prompt; its place is as high from the first. */
function Latest() {
  const run = useApp((state) => state.run);
  const exchanges = useApp((state) => state.exchanges);
  const retold = useApp((state) => state.retold);
  const turns = conversation({ run, exchanges, retold });
  const turn = exchanges.length > 0 ? turns.at(-1) : turns.at(0);
  return (
    <div className={css.latest} aria-busy={turn ? !turn.done : undefined}>
      <p className={css.asked} dir="auto">
        {turn && `“${beginning(turn.prompt)}”`}
      </p>
      <div>
        <div className={shared.label}>
          <Term term="base">Base</Term>
        </div>
        <p className={shared.bubble} dir="auto">
          {turn ? (turn.base ?? '…') : ''}
        </p>
      </div>
      <div>
        <div className={`${shared.label} ${css.tuned}`}>
          <Term term="tuned">Tuned</Term> {turn && answeredBy(turn, run.step)}
        </div>
        <p className={shared.tuned} dir="auto" aria-live="polite">
          {turn && (turn.tuned === null ? '…' : <ChangedText before={turn.base ?? ''} after={turn.tuned} />)}
        </p>
      </div>
    </div>
  );
}

/** The base model is explained in the sentence on what moved. */
const TERMS: Readonly<Record<string, TermId>> = { loss: 'loss', 'held out': 'evalFraction' };

/** Rows below which nobody should take what was learned for more than it is. */
const FEW = 10;

/** What a newcomer should know of the figures below, in a sentence each. */
function Meaning() {
  const rows = useApp(({ run }) => run.summary?.eval?.rows ?? 0);
  const surprise = useApp(({ run }) => ['sft', 'dft'].includes(run.summary?.objective ?? ''));
  const few = useApp(({ run }) => (run.summary?.rows.used ?? FEW) < FEW);
  const sentences = [
    surprise &&
      'The loss below is how surprised the model is by the right next piece of text; lower is better.',
    rows > 0
      ? `${plural(rows, 'row')} of your data ${rows === 1 ? 'was' : 'were'} held out from training: what is only learned by heart does not help there.`
      : 'No row was held out from training, so nothing here says how it does on other rows.',
    few &&
      'So few rows are learned by heart: their tone may reach other questions, and no fact does that they do not say.',
    'The file to download has only the numbers that moved; programs add it to the same base model.',
  ].filter((text) => text !== false);
  return (
    <ul className={css.meaning} aria-label="What this means">
      {sentences.map((text) => (
        <li key={text}>
          <Explained text={text} terms={TERMS} />
        </li>
      ))}
    </ul>
  );
}

/** Three things to do next, each with its reason. */
function Next() {
  const open = useApp(({ dataChoice }) => (dataChoice?.kind === 'sample' ? dataChoice.file : null));
  const written = useApp(({ dataChoice }) => isWritten(dataChoice));
  const samples = useApp((state) => state.samples);
  const locked = useApp(settingsLocked);
  const preset = useApp(
    ({ runSettings, model, run }) => runSettings && presetOf(runSettings, { model, steps: run.steps }),
  );
  return (
    <section aria-labelledby="what-next" className={css.next}>
      <h2 className={shared.heading} id="what-next">
        What next?
      </h2>
      <ul>
        {suggestions({ open, written, samples, preset: preset?.id ?? null }).map(
          ({ id, label, reason, run }) => (
            <li key={id}>
              <button type="button" className={shared.button} disabled={locked} onClick={() => void run()}>
                {label}
              </button>
              <p className={shared.label}>{reason}</p>
            </li>
          ),
        )}
      </ul>
    </section>
  );
}
