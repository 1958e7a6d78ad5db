import { useReducedMotion } from '@mantine/hooks';
import { Fragment, useEffect, useId, useMemo, useState } from 'react';
import { beginning, count } from '../shared/format.ts';
import { importPart } from '../shared/import-part.ts';
import { pageError } from '../shared/page-error.ts';
import shared from '../shared/shared.module.css';
import { filmKey, stepLeft } from '../state/conversation.ts';
import type { Frame } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { answerFrames, changeWords, type Part, rewritten } from './frames.ts';
import css from './live.module.css';
import { clipSeconds, momentOf } from './timeline.ts';

/** Letters from which on an answer takes the smaller size. */
const LONG = 130;
/** Pictures a second while the answers are played. */
const RATE = 20;

const drawing = () => importPart(() => import('./clip.ts'));

/** One question's answer, large: it rewrites itself as the run goes, and afterwards follows the step that is chosen. */
export default function LiveAnswer() {
  const run = useApp((state) => state.run);
  const left = useApp(stepLeft);
  const { steps, step, known } = useThen();
  const [chosen, setChosen] = useState(0);
  const still = useReducedMotion() ?? false;
  const film = run.films[Math.min(chosen, run.films.length - 1)];
  const prompt = film?.prompt ?? '';
  const frames = useMemo(
    () => answerFrames(film, known, { key: filmKey(prompt), steps, left }),
    [film, known, prompt, steps, left],
  );
  const [played, setPlayed] = useState<number | null>(null);
  const playing = played !== null;
  const finished = run.state === 'finished';
  useEffect(() => {
    if (!playing) return;
    const begun = performance.now();
    const timer = setInterval(() => {
      const seconds = (performance.now() - begun) / 1000;
      setPlayed(seconds < clipSeconds(frames.length) ? seconds : null);
    }, 1000 / RATE);
    return () => clearInterval(timer);
  }, [playing, frames]);
  // Dragging along the curve is stronger than what plays by itself.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another step ends it
  useEffect(() => setPlayed(null), [step, prompt]);

  if (!film) return null;
  const { parts, at } =
    played === null
      ? momentNow(frames, film.frames, { step: finished ? step : null, still })
      : shownAs(momentOf(frames, played, still));
  const long = frames.some(({ text }) => text.length > LONG);
  return (
    <section className={css.inner} aria-label={`One answer as it learns: “${beginning(prompt)}”`}>
      <div className={shared.between}>
        <Which
          prompts={run.films.map((one) => one.prompt)}
          chosen={run.films.indexOf(film)}
          onChange={setChosen}
        />
        <span className={`${shared.mono} ${shared.mute} ${css.when}`}>
          {at === 0 ? 'before training' : `step ${count(at)}`}
        </span>
      </div>
      <p className={css.answer} data-long={long || undefined}>
        {parts.map(({ text, kind }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: words of one line have no other name
          <Fragment key={i}>
            <span className={css[kind]}>{text.trimEnd()}</span>
            {text.slice(text.trimEnd().length)}
          </Fragment>
        ))}
      </p>
      <div className={shared.between}>
        <span className={shared.label}>
          {at === 0 ? 'The base model’s answer' : `${changeWords(parts)} since the answer before`}
        </span>
        {finished && frames.length > 1 && (
          <Save
            question={prompt}
            frames={frames}
            shown={{ step: at, parts }}
            still={still}
            playing={playing}
            onPlay={() => setPlayed(playing ? null : 0)}
          />
        )}
      </div>
    </section>
  );
}

function shownAs({ step, parts }: { step: number; parts: Part[] }) {
  return { at: step, parts };
}

/** What stands there while nothing plays: the newest answer as it grows, or that of the step that was chosen. */
function momentNow(
  frames: readonly Frame[],
  all: readonly Frame[],
  { step, still }: { step: number | null; still: boolean },
): { parts: Part[]; at: number } {
  const growing = all.find(({ done }) => !done);
  const last = frames.at(-1);
  if (step === null && growing && (!still || !last))
    return { parts: rewritten(last?.text ?? '', growing.text, false), at: growing.step };
  const place = step === null ? frames.length - 1 : frames.findLastIndex((frame) => frame.step <= step);
  const frame = frames[Math.max(0, place)];
  if (!frame) return { parts: [], at: 0 };
  return { parts: rewritten(frames[place - 1]?.text ?? frame.text, frame.text, true), at: frame.step };
}

/** Which question: a choice where there are several. */
function Which(props: { prompts: readonly string[]; chosen: number; onChange(place: number): void }) {
  const { prompts, chosen } = props;
  const id = useId();
  if (prompts.length === 1) return <p className={css.question}>“{beginning(prompts[0])}”</p>;
  return (
    <select
      id={id}
      className={css.which}
      aria-label="Question"
      value={chosen}
      onChange={(event) => props.onChange(Number(event.currentTarget.value))}
    >
      {prompts.map((prompt, place) => (
        <option key={prompt} value={place}>
          “{beginning(prompt)}”
        </option>
      ))}
    </select>
  );
}

/** Play, and two ways to keep it. Both are drawn here and go nowhere but into the person's files. */
function Save(props: {
  question: string;
  frames: readonly Frame[];
  shown: { step: number; parts: readonly Part[] };
  still: boolean;
  playing: boolean;
  onPlay(): void;
}) {
  const { question, frames, shown, still } = props;
  const [left, setLeft] = useState<number | null>(null);
  const [note, setNote] = useState<string | null>(null);
  const wanted = useMemo(() => ({ on: true }), []);
  // The card has left the page, and its clip with it.
  useEffect(() => {
    wanted.on = true;
    return () => {
      wanted.on = false;
    };
  }, [wanted]);
  const carryOut = (work: (way: Awaited<ReturnType<typeof drawing>>) => Promise<void>) => {
    setNote(null);
    drawing()
      .then(work)
      .catch((reason) => setNote(`It was not saved. ${pageError(reason).text}`))
      .finally(() => setLeft(null));
  };
  const clip = () =>
    carryOut(async ({ recordable, saveClip }) => {
      const kind = recordable();
      if (!kind) {
        setNote('This browser cannot record a clip; a picture it can save.');
        return;
      }
      wanted.on = true;
      await saveClip(kind, { question, frames, still }, (seconds) => {
        if (wanted.on) setLeft(Math.ceil(seconds));
        return wanted.on;
      });
    });
  const cancel = () => {
    wanted.on = false;
  };
  const recording = left !== null;
  return (
    <div className={css.save}>
      <span className={shared.label} role="status">
        {note}
      </span>
      <button type="button" className={shared.accentLink} onClick={props.onPlay}>
        {props.playing ? 'Stop playing' : 'Play'}
      </button>
      <button
        type="button"
        className={shared.accentLink}
        onClick={() => carryOut(({ saveStill }) => saveStill(question, shown.step, shown.parts))}
      >
        Save picture
      </button>
      <button
        type="button"
        className={`${shared.accentLink} ${css.clip}`}
        title={`${count(frames.length)} answers and the curve, about ${Math.ceil(clipSeconds(frames.length))} s, recorded in this tab`}
        onClick={recording ? cancel : clip}
      >
        {recording ? `Cancel, ${left} s left` : 'Save clip'}
      </button>
    </div>
  );
}
