import { Suspense, useMemo } from 'react';
import { rowsOf } from '../../objectives/names.ts';
import type { TeacherMeasure } from '../../run/record.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { NextTokens } from '../answers/late-parts.tsx';
import { PromptField } from '../answers/prompt-field.tsx';
import { SideBySide } from '../answers/side-by-side.tsx';
import { Strength } from '../answers/strength.tsx';
import { Time } from '../answers/time.tsx';
import type { TermId } from '../glossary/glossary.ts';
import { Explained, Term } from '../glossary/term.tsx';
import { LivePart } from '../live/live-part.tsx';
import { comparedRows, taskFigure } from '../outcome/figure.ts';
import { costWords } from '../outcome/scores.ts';
import { resultSentences } from '../outcome/sentences.ts';
import { verdictOf } from '../outcome/verdict.ts';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import { count, duration, loss, percent } from '../shared/format.ts';
import { useLayout } from '../shared/layout.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useOutcome } from '../state/outcome.ts';
import { keptStep, type RunView } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { TakeAway } from '../take/take-away.tsx';
import first from './ask-first.module.css';
import charts from './charts.module.css';
import css from './finished.module.css';
import head from './headline.module.css';
import { Figure, LossOutput, StepOutput } from './headline.tsx';
import { HeldOutTable, VirtualTokens } from './late-parts.tsx';
import { FigureCharts } from './small-charts.tsx';
import { Strip } from './strip.tsx';
import { Warnings } from './warnings.tsx';
import welcome from './welcome.module.css';

const AskFirst = lazyPart(() => import('./ask-first.tsx'));

/** What came of a run: its figure, its curve as a strip, and the two models answering side by side. */
export function Finished() {
  const layout = useLayout();
  const error = useApp((state) => state.askError);
  const trouble = useOutcome((state) => state.error);
  const asksFirst = useApp((state) => state.runFirst);
  return (
    <>
      {asksFirst && (
        <Region name="The question" instead={<PromptField kind="ask" />}>
          <Suspense fallback={<div className={first.place} />}>
            <AskFirst />
          </Suspense>
        </Region>
      )}
      <Region name="The result">
        <Result />
      </Region>
      <Warnings />
      {trouble && <Trouble error={trouble} what="The held-out rows were not all measured." />}
      <Region name="The charts">
        <Strip />
      </Region>
      <LivePart />
      <Region name="The objective’s figures">
        <Figures />
      </Region>
      {layout === 'phone' && (
        <Region name="The download">
          <TakeAway place="card" />
        </Region>
      )}
      <Region name="The virtual tokens">
        <VirtualTokens />
      </Region>
      <Region name="The answers side by side">
        <SideBySide follow={!asksFirst} />
      </Region>
      <Region name="The next tokens">
        <NextTokens />
      </Region>
      <Region name="The held-out rows">
        <HeldOutTable />
      </Region>
      {error && !asksFirst && <Trouble error={error} what="The question was not answered." />}
      <div className={css.askBoth}>
        <Strength />
        <Time />
        {!asksFirst && <PromptField kind="ask" />}
      </div>
    </>
  );
}

/** What the objective told at each step, where it tells anything. */
function Figures() {
  const some = useApp(({ run }) => run.figures.length > 0);
  if (!some) return null;
  return (
    <div className={charts.pair}>
      <FigureCharts />
    </div>
  );
}

/** Words of the sentences that have an entry in the glossary. */
const LEARNED = {
  'next piece': 'token',
  'a chance of': 'chance',
  preference: 'preferenceLoss',
  'IPO loss': 'preferenceLoss',
  'ORPO loss': 'preferenceLoss',
  'SimPO loss': 'preferenceLoss',
  'KTO loss': 'preferenceLoss',
} as const;
const MOVED = { 'base model': 'base', adapter: 'adapter' } as const;

/**
 * What came of the run in sentences, the task's own figure on top where the data say what is right; losses second, and
 * what it cost elsewhere.
 */
function Result() {
  const run = useApp((state) => state.run);
  const settings = useApp(({ runSettings }) => runSettings);
  const rows = useOutcome((state) => state.rows);
  const done = useOutcome((state) => state.done);
  const elsewhere = useOutcome((state) => state.elsewhere);
  const work = useOutcome((state) => state.work);
  const continued = useApp((state) => state.runContinued);
  const leaks = useApp((state) => state.runLeaks);
  const figure = useMemo(() => (done ? taskFigure(rows) : null), [done, rows]);
  const said = useMemo(
    () => resultSentences({ run, settings, continued, leaks, outcome: { rows, done } }),
    [run, settings, continued, leaks, rows, done],
  );
  const { before, after, what, held } = lossOf(run);
  const objective = run.summary?.objective ?? 'sft';
  const lossTerm = rowsOf(objective) !== 'answers' ? 'preferenceLoss' : held ? 'heldOutLoss' : 'trainingLoss';
  const ink = held ? css.held : css.result;
  const losses = (
    <>
      {before !== null && <span className={css.before}>{loss(before)} → </span>}
      <b className={ink}>{after === null ? '—' : loss(after)}</b>
    </>
  );
  const termsOf = new Map<string | null, Readonly<Record<string, TermId>>>([
    [said.learned, LEARNED],
    [said.moved, MOVED],
  ]);
  const rest = [said.moved, said.preferred, said.words, said.right, figure && said.learned];
  return (
    <div className={head.headline}>
      <div className={css.told}>
        <div className={shared.label}>{how(run, settings?.keep)}</div>
        {figure ? (
          <p className={welcome.title}>
            {figure.what}: <span className={css.before}>{percent(figure.before)}</span>
            {' → '}
            <span className={css.result}>{percent(figure.after)}</span>
          </p>
        ) : said.learned === null ? (
          <p className={welcome.title}>
            <Term term={lossTerm}>{what}</Term> {losses}
          </p>
        ) : (
          <p className={css.learned}>
            <Explained text={said.learned} terms={LEARNED} />
          </p>
        )}
        {rest.map(
          (text) =>
            text && (
              <p key={text}>
                <Explained text={text} terms={termsOf.get(text) ?? {}} />
              </p>
            ),
        )}
        <div className={shared.label}>{figure ? said.right === null && figure.about : work?.what}</div>
        <Verdict />
      </div>
      <div className={`${head.rest} ${css.figures}`}>
        {/* Where it does not stand on top. */}
        {(figure || said.learned !== null) && (
          <Figure label={what} term={lossTerm}>
            <div className={`${head.number} ${css.second}`}>{losses}</div>
          </Figure>
        )}
        <Figure label="On general text" term="generalText">
          <div className={`${head.number} ${css.elsewhere}`}>
            {elsewhere ? (
              <>
                <span>{loss(elsewhere.before)} →</span> {loss(elsewhere.after)}
              </>
            ) : (
              <span className={head.none}>{work ? 'measuring' : '—'}</span>
            )}
          </div>
          {/* Its place is kept while it is measured. */}
          <div className={`${shared.label} ${css.cost}`}>
            {elsewhere
              ? `${costWords(elsewhere.before, elsewhere.after)} · loss on ${elsewhere.rows} rows outside your data`
              : ''}
          </div>
        </Figure>
        <Figure label="Loss" term="smoothedLoss">
          <LossOutput className={head.number} />
        </Figure>
        <Figure label="Step" term="step">
          <StepOutput className={head.number} />
        </Figure>
        {run.summary?.teacher && <Nearness teacher={run.summary.teacher} />}
      </div>
    </div>
  );
}

/** How near the model came to its teacher, and what its answers no longer need. */
function Nearness({ teacher }: { teacher: TeacherMeasure }) {
  const { kl_before, kl_after, rows, held_out, tokens_saved } = teacher;
  return (
    <Figure label="KL to the teacher" term="kl">
      <div className={`${head.number} ${css.second}`}>
        <span>{loss(kl_before)} →</span> <b className={held_out ? css.held : css.result}>{loss(kl_after)}</b>
      </div>
      <div className={`${shared.label} ${css.cost}`}>
        {`over ${count(rows)} ${held_out ? 'held-out' : 'training'} rows${tokens_saved === null ? '' : ` · saves ${count(Math.round(tokens_saved))} tokens of prompt an answer`}`}
      </div>
    </Figure>
  );
}

/** Where a prompt with examples was tried before the run: whether that would have done. */
function Verdict() {
  const rows = useOutcome((state) => state.rows);
  const examples = useOutcome((state) => state.examples);
  const done = useOutcome((state) => state.done);
  const compared = useMemo(() => comparedRows(rows, examples), [rows, examples]);
  if (!compared) return null;
  // Its place is kept while the tuned model is asked.
  return <p className={css.verdict}>{done && compared.tuned !== null && verdictOf(compared)}</p>;
}

/** The held-out loss where rows were held out, else the training loss. */
function lossOf(run: RunView): {
  what: string;
  before: number | null;
  after: number | null;
  held: boolean;
} {
  const measured = run.summary?.eval;
  if (measured)
    return { what: 'Held-out loss', before: measured.loss_before, after: measured.loss_after, held: true };
  return {
    what: 'Training loss',
    before: run.series.smooth[0] ?? null,
    after: run.series.smooth.at(-1) ?? null,
    held: false,
  };
}

function how(run: RunView, keep: RunSettings['keep'] | undefined): string {
  const { summary, step } = run;
  if (!summary) return 'Finished';
  const first = summary.stopped ? `Stopped at step ${count(step)}` : 'Finished';
  const time =
    summary.seconds > 0 ? `${summary.stopped ? ', after' : ' after'} ${duration(summary.seconds)}` : '';
  const at = keptStep(run, keep);
  const kept =
    at === step
      ? ''
      : at > 0
        ? `, best adapter kept (step ${count(at)})`
        : '. The held-out loss never fell, so the adapter is the one from before step 1';
  return `${first}${time} of training${kept}`;
}
