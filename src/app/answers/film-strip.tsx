import { useEffect, useMemo, useRef, useState } from 'react';
import shared from '../shared/shared.module.css';
import { filmKey } from '../state/conversation.ts';
import type { Frame } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { knownAt, useThen } from '../state/then.ts';
import css from './answers.module.css';
import { ChangedText } from './changed-text.tsx';
import { foldedFrames, frameAt, withFrame } from './folded-frames.ts';

/** One prompt's answers from before training until now; words that the base did not say are in the accent. */
export function FilmStrip(props: { frames: Frame[]; going: boolean; prompt: string }) {
  const { going } = props;
  const clicked = useApp((state) => state.focusStep);
  const then = useThen(({ step }) => step);
  const asked = useThen((one) => then !== null && knownAt(one, then).answers[filmKey(props.prompt)]);
  const frames = useMemo(
    () => (then === null || typeof asked !== 'string' ? props.frames : withFrame(props.frames, then, asked)),
    [props.frames, then, asked],
  );
  const focusStep = then ?? clicked;
  const step = useApp(({ run }) => run.step);
  const [open, setOpen] = useState(false);
  const focused = focusStep === null ? null : frameAt(frames, focusStep);
  const { head, folded, tail } = foldedFrames(frames, open || folds(frames, focused));
  const before = frames.find((frame) => frame.step === 0)?.text ?? '';
  const show = (frame: Frame) => (
    <FrameView
      key={frame.step}
      frame={frame}
      before={before}
      now={going && frame.step === step}
      last={frame === frames.at(-1) && frame.step > 0}
      focused={frame.step === focused}
    />
  );
  if (frames.length === 0) return <ol className={css.frames} />;
  return (
    <ol className={css.frames}>
      {head.map(show)}
      {folded.length > 0 && (
        <li className={css.fold}>
          <button type="button" className={shared.link} onClick={() => setOpen(true)}>
            {folded.length} answers between, step {folded[0].step} to {folded.at(-1)?.step}
          </button>
        </li>
      )}
      {tail.map(show)}
    </ol>
  );
}

function folds(frames: Frame[], focused: number | null): boolean {
  return focused !== null && foldedFrames(frames, false).folded.some(({ step }) => step === focused);
}

function FrameView(props: { frame: Frame; before: string; now: boolean; last: boolean; focused: boolean }) {
  const { frame, before, now, last, focused } = props;
  const item = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (focused) item.current?.scrollIntoView({ block: 'nearest' });
  }, [focused]);
  const kind = frame.step === 0 ? 'base' : last ? 'last' : 'between';
  return (
    <li ref={item} className={css.frame} data-kind={kind} data-focused={focused || undefined}>
      <span className={shared.label}>
        {frame.step === 0 ? 'before training' : `step ${frame.step}`}
        {now && frame.step > 0 && ' · now'}
      </span>
      <p>
        {frame.step === 0 ? frame.text : <ChangedText before={before} after={frame.text} />}
        {!frame.done && '…'}
      </p>
    </li>
  );
}
