import { Suspense, useEffect } from 'react';
import { whyNoRows } from '../../data/report.ts';
import type { DataReport } from '../../data/types.ts';
import { openCard } from '../actions/cards.ts';
import { openCheck } from '../actions/check.ts';
import { chooseDataset } from '../actions/choose-files.ts';
import { modelFix } from '../actions/fix.ts';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import { beginning, count, duration, shortName } from '../shared/format.ts';
import { useLayout } from '../shared/layout.ts';
import type { PageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { wholePairs } from '../state/pairs.ts';
import { type AppState, type Card, setApp, useApp } from '../state/store.ts';
import { TourOffer } from '../tour/offer.tsx';
import { FromLink } from './from-link.tsx';
import { preloadChart } from './loss-card.tsx';
import { SavedRunNote } from './saved-run.tsx';
import css from './welcome.module.css';

const ByHand = lazyPart(() => import('./by-hand.tsx'));

/** Before a run: what is ready, what the data teaches, and where to go from here. Train is the bright thing. */
export function FirstVisit() {
  const layout = useLayout();
  const hardware = useApp((state) => state.hardware);
  const modelError = useApp((state) => state.modelError);
  // What the sentence says is not said twice.
  const dataError = useApp((state) => (state.data ? state.dataError : null));
  const sentence = useApp(readySentence);
  const byHand = useApp((state) => state.byHand);
  const typed = useApp(({ pairs }) => wholePairs(pairs).length);
  useEffect(() => {
    // Once the page stands, so that the first curve need not wait for its chunk.
    const timer = setTimeout(preloadChart, 1500);
    return () => clearTimeout(timer);
  }, []);
  const show = (card: Card) => {
    openCard(card);
    setApp({ pane: 'setup', drawer: layout === 'middle' });
  };
  return (
    <div className={css.welcome}>
      <SavedRunNote />
      <FromLink />
      <h2 className={css.title}>Teach a small language model your style, right here in your browser.</h2>
      <p className={css.lead}>{sentence}</p>
      {/* On a wide screen the cards on the left show it. */}
      {modelError && layout !== 'wide' && (
        <Trouble error={modelError} what="The model was not opened." next={modelFix(modelError)} />
      )}
      {dataError && layout !== 'wide' && (
        <Trouble
          error={dataError}
          what="The data was not opened."
          onClose={() => setApp({ dataError: null })}
        />
      )}
      {hardware?.problem && <p className={css.notice}>{hardware.problem}</p>}
      {byHand ? (
        <Region name="The table of examples">
          <Suspense fallback={<div className={css.lesson} />}>
            <ByHand />
          </Suspense>
        </Region>
      ) : (
        <Lesson />
      )}
      <div className={css.ways}>
        <button type="button" className={shared.link} onClick={chooseDataset}>
          Open a file
        </button>
        <button
          type="button"
          className={shared.link}
          aria-expanded={byHand}
          onClick={() => setApp({ byHand: !byHand })}
        >
          Teach it by hand{typed > 0 && !byHand && ` (${typed} typed)`}
        </button>
        <button type="button" className={shared.link} onClick={() => show('data')}>
          Another sample
        </button>
        <button type="button" className={shared.link} onClick={() => show('model')}>
          Another model
        </button>
        <button type="button" className={shared.link} disabled={!hardware} onClick={openCheck}>
          Verify against PyTorch
        </button>
      </div>
      <TourOffer />
    </div>
  );
}

function readySentence(state: AppState): string {
  const own = 'drop a JSONL or CSV file of your own anywhere on this page.';
  if (state.modelError && !state.model) return 'The model could not be opened.';
  if (!state.model) return 'Opening the model…';
  if (state.byHand) return `${state.model.name} is ready, and learns what you type here.`;
  if (!state.data)
    return state.dataError
      ? notOpen(state.dataError)
      : state.dataPending
        ? 'Reading the rows…'
        : `Next, ${own}`;
  const title = shortName(state.dataTitle);
  if (state.data.used === 0) return noRows(title, state.data);
  if (state.dataChoice?.kind === 'sample')
    return `A small model and ${count(state.data.used)} sample rows are ready. Press Train and watch it learn, or ${own}`;
  return `${state.model.name} and ${title} are ready. Press Train and watch it learn.`;
}

/** The whole of it, since there is nothing else to say here. */
function notOpen({ title, text }: PageError): string {
  return `${title ?? 'The data could not be opened.'} ${text}`;
}

function noRows(title: string, data: DataReport): string {
  const { waiting, needTemplate } = data;
  if (needTemplate > 0)
    return `${title} holds conversations, and this model has no chat template. Choose one in the Data card, then train.`;
  if (waiting > 0)
    return `Which columns of ${title} hold the question and the answer? Choose them in the Data card, then train.`;
  const what = whyNoRows({ ...data, name: title }, 'A max length (in the recipe, under all settings) of');
  return `${what} The file was not changed.${data.keepsAll > 0 ? '' : ' Drop another one, or use a sample.'}`;
}

/** Characters of a question or an answer that are drawn. */
const SHOWN = 400;

/** What the model says now to the first row's question, and what that row teaches it to say. */
function Lesson() {
  const row = useApp((state) => state.exampleRow);
  const seconds = useApp((state) => state.estimate?.seconds ?? null);
  const answers = useApp((state) => state.baseAnswers);
  const coming = useApp((state) => state.dataWork !== null || state.modelWork !== null);
  if (!row) return coming ? <div className={css.lesson} aria-hidden="true" /> : null;
  const { question, answer } = row;
  if (question === '' || answer === '') return null;
  return (
    <div className={css.lesson}>
      <p className={css.question} dir="auto">
        “{beginning(question, SHOWN)}”
      </p>
      <div>
        <div className={shared.label}>Now</div>
        <div className={shared.bubble} dir="auto">
          {answers[question]?.text || <span className={shared.faint}>…</span>}
        </div>
      </div>
      <span className={css.arrow} aria-hidden="true">
        →
      </span>
      <div>
        <div className={`${shared.label} ${css.after}`}>
          What this data teaches{seconds === null ? '' : `, in about ${duration(seconds)}`}
        </div>
        <div className={`${shared.bubble} ${css.wanted}`} dir="auto">
          {beginning(answer, SHOWN)}
        </div>
      </div>
    </div>
  );
}
