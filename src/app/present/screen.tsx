import { Modal } from '@mantine/core';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { ChangedText } from '../answers/changed-text.tsx';
import { lossRange } from '../drawing/aligned.ts';
import { linePath } from '../drawing/line-path.ts';
import { count, loss } from '../shared/format.ts';
import { Arrow, Cross } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import type { RunView } from '../state/run.ts';
import { useApp } from '../state/store.ts';
import { firstShown, presented } from './questions.ts';
import css from './screen.module.css';

/** For a room: the loss, its curve and one question with both answers, nothing below 28 px. */
export default function Screen({ opened, close }: { opened: boolean; close(): void }) {
  // Mantine gives the focus back only to where it was when a dialog that is there already opens.
  const [there, setThere] = useState(false);
  useEffect(() => setThere(true), []);
  return (
    <Modal.Root
      opened={opened && there}
      onClose={close}
      fullScreen
      padding={0}
      transitionProps={{ duration: 0 }}
    >
      <Modal.Content>
        <Modal.Title className={shared.hidden}>Presentation</Modal.Title>
        <Modal.Body className={css.body}>
          <Shown close={close} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Shown({ close }: { close(): void }) {
  const run = useApp((app) => app.run);
  const questions = useApp((app) => app.prompts);
  const baseAnswers = useApp((app) => app.baseAnswers);
  const exchanges = useApp((app) => app.exchanges);
  const retold = useApp((app) => app.retold);
  const runSettings = useApp((app) => app.runSettings);
  const all = presented({ run, prompts: questions, baseAnswers, exchanges, retold, runSettings });
  const [chosen, setChosen] = useState<number | null>(null);
  const at = Math.min(chosen ?? firstShown(all, exchanges), Math.max(0, all.length - 1));
  const turn = (by: number) => setChosen((at + by + all.length) % all.length);
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.key === 'p') close();
    else if (event.key === 'Escape') {
      // The dialog hears it by itself; what it means to the page below does not happen as well.
      event.stopPropagation();
      return;
    } else if (by !== undefined && all.length > 1) turn(by);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole dialog, each of which a button has too
    <div className={css.screen} tabIndex={-1} data-autofocus onKeyDown={press}>
      <div className={css.ways}>
        {all.length > 1 && (
          <>
            <button
              type="button"
              aria-label="Previous question"
              title="Previous question"
              onClick={() => turn(-1)}
            >
              <Arrow back />
            </button>
            <button type="button" aria-label="Next question" title="Next question" onClick={() => turn(1)}>
              <Arrow />
            </button>
          </>
        )}
        <button type="button" aria-label="Leave the presentation" title="Leave (Esc)" onClick={close}>
          <Cross />
        </button>
      </div>
      <div className={css.run}>
        <div className={css.figure}>
          <div className={css.label}>Loss</div>
          <div className={css.loss} data-none={run.series.smooth.length === 0 || undefined}>
            {lossText(run)}
          </div>
          <div className={css.label}>{stepText(run)}</div>
        </div>
        <Curve run={run} />
      </div>
      {all.length > 0 && <Question {...all[at]} of={run.state} />}
    </div>
  );
}

function lossText({ series }: RunView): string {
  const last = series.smooth.at(-1);
  return last === undefined ? '—' : loss(last);
}

function stepText({ step, steps }: RunView): string {
  return steps === 0 ? 'no run yet' : `step ${count(step)} of ${count(steps)}`;
}

const FRAME = { width: 1000, height: 400 };

function Curve({ run }: { run: RunView }) {
  const { series, held } = run;
  const values = [...series.smooth, ...held.loss].filter(Number.isFinite);
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const last = Math.max(1, run.step, run.state === 'finished' ? 0 : run.steps);
  const frame = {
    ...FRAME,
    x: [0, last] as [number, number],
    y: lossRange(low, high),
  };
  const order = held.step.map((_, i) => i).sort((a, b) => held.step[a] - held.step[b]);
  const heldPath = linePath(
    order.map((i) => held.step[i]),
    order.map((i) => held.loss[i]),
    frame,
  );
  const some = values.length > 0;
  return (
    <figure className={css.curve}>
      <div className={css.plot}>
        <div className={css.scale} aria-hidden="true">
          <span>{some && frame.y[1].toFixed(1)}</span>
          <span>{some && frame.y[0].toFixed(1)}</span>
        </div>
        <svg
          viewBox={`0 0 ${FRAME.width} ${FRAME.height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={
            some
              ? `Loss curve, ${loss(series.smooth[0] ?? held.loss[0])} at the start`
              : 'Loss curve, still empty'
          }
        >
          <path className={css.held} d={heldPath} />
          <path className={css.line} d={linePath(series.step, series.smooth, frame)} />
          {/* A line without length and with round ends: a circle, however the picture is stretched. */}
          <path className={css.points} d={heldPath.replaceAll('L', 'M').replace(/M[^M]+/g, '$&h0')} />
        </svg>
      </div>
      <figcaption className={css.caption}>
        <span>0</span>
        <span className={css.keys}>
          <span className={css.lineKey}>training</span>
          {held.step.length > 0 && <span className={css.heldKey}>held-out</span>}
        </span>
        <span>{some ? count(last) : ''}</span>
      </figcaption>
    </figure>
  );
}

function Question(props: ReturnType<typeof presented>[number] & { of: RunView['state'] }) {
  const { prompt, base, tuned, when } = props;
  return (
    <section className={css.question} aria-label="The question">
      <p className={css.asked} dir="auto">
        “{prompt.trim()}”
      </p>
      <div className={css.answers}>
        <div>
          <div className={css.label}>Base</div>
          <p className={css.base} dir="auto">
            {base ?? '…'}
          </p>
        </div>
        <div>
          <div className={css.tunedLabel}>{when === '' ? 'Tuned' : `Tuned, ${when}`}</div>
          <p dir="auto">
            {tuned !== null ? (
              <ChangedText before={base ?? ''} after={tuned} />
            ) : (
              <span className={css.label}>{props.of === 'idle' ? 'nothing is trained yet' : '…'}</span>
            )}
          </p>
        </div>
      </div>
    </section>
  );
}
