import { ASKED_AT_ONCE } from '../../worker/api/measures.ts';
import { nextPiece, type Piece } from '../scrub/next-piece.ts';
import { worker } from '../state/connection.ts';
import { conversation, stepLeft } from '../state/conversation.ts';
import { useOutcome } from '../state/outcome.ts';
import { requests } from '../state/requests.ts';
import { getApp, isTaken, useApp } from '../state/store.ts';
import { learn, learnOdds, oddsKey, useThen } from '../state/then.ts';
import { formOf, lookOf } from './answers.ts';
import { inSpareTurn } from './in-turn.ts';
import { greedy } from './preview.ts';

/** Milliseconds of computing, in all, on steps that nobody has chosen. What is missing then comes when its step is. */
const AHEAD = 60_000;

let turn = 0;
const answering = requests();

/**
 * Computes what a drag along the curve shows, a request at a time, while nothing else is asked of the worker: after the
 * run, never beside one. Ends with the run that is shown.
 */
export async function fillSteps(): Promise<void> {
  const mine = ++turn;
  const { tuned, data } = getApp();
  const open = () =>
    mine === turn &&
    getApp().tuned === tuned &&
    getApp().run.state === 'finished' &&
    !getApp().starting &&
    useThen.getState().steps.length > 0;
  let left = AHEAD;
  while (open()) {
    await idle();
    if (!open()) return;
    const piece = isFree() ? lacking(getApp().data === data) : null;
    const ahead = piece !== null && piece.step !== useThen.getState().step;
    if (!piece || (ahead && (left <= 0 || useOutcome.getState().work))) {
      await change();
      continue;
    }
    const begun = performance.now();
    try {
      await inSpareTurn(async () => {
        if (open() && isFree()) return compute(piece, `${tuned}@${piece.step}`);
        return null;
      }).then((keep) => open() && keep?.());
    } catch {
      // Nobody has asked for it: what fails is told where somebody does.
      return;
    }
    if (ahead) left -= performance.now() - begun;
  }
}

function isFree(): boolean {
  const { asking, place } = getApp();
  return !asking && !place && !isTaken(getApp()) && !document.hidden;
}

/** @param sameData whether the rows that were held out are still those of the open data */
function lacking(sameData: boolean): Piece | null {
  const { steps, step, known, odds, looked } = useThen.getState();
  const left = stepLeft(getApp());
  return nextPiece({
    // The step that was left is the end itself.
    steps: steps.filter((other) => other !== left),
    chosen: step === left ? null : step,
    known,
    turns: conversation(getApp())
      .filter(({ tuned, done }) => tuned !== null && done)
      .map(({ key }) => key),
    lacksOdds: (at) => looked !== null && !odds[oddsKey(lookAt(looked, at))],
    held: sameData && !useOutcome.getState().work ? useOutcome.getState().rows : [],
    atOnce: ASKED_AT_ONCE,
  });
}

function lookAt({ prompt, begun }: { prompt: string; begun: string }, step: number) {
  return lookOf(prompt, begun, { id: `${getApp().tuned}@${step}`, strength: 1 });
}

/** @returns what puts it where it belongs */
async function compute(piece: Piece, id: string): Promise<() => void> {
  const api = await worker();
  const { step } = piece;
  const adapter = { id, strength: 1 };
  switch (piece.kind) {
    case 'answer': {
      const asked = conversation(getApp()).find(({ key }) => key === piece.key);
      if (!asked) return () => {};
      const { text } = await answering.begin().text(
        () => {},
        (one, hear) => one.generate({ ...greedy(asked.prompt, adapter), ...formOf(asked) }, hear),
      );
      return () => learn(step, { answers: { [piece.key]: text } });
    }
    case 'movement': {
      const parts = await api.movedParts(id);
      const movement = parts && {
        step,
        modules: parts.map(({ layer, target }) => ({ layer, target })),
        values: parts.map(({ value }) => value),
      };
      return () => learn(step, { movement });
    }
    case 'odds': {
      const { looked } = useThen.getState();
      if (!looked) return () => {};
      const look = lookAt(looked, step);
      const found = await api.nextTokens(look);
      return () => learnOdds(look, found);
    }
    case 'rows': {
      const { rows, answers } = piece;
      const raw = getApp().runSettings?.raw ?? false;
      const asked = await api.askRows({ rows, shots: [], raw, adapter, answers });
      return () =>
        learn(step, {
          sides: Object.fromEntries(asked.map(({ row, answer, loss }) => [row, { answer, loss }])),
        });
    }
  }
}

/** Until the browser has nothing else to do. Safari does not tell. */
function idle(): Promise<void> {
  return new Promise((resolve) =>
    typeof requestIdleCallback === 'function'
      ? requestIdleCallback(() => resolve(), { timeout: 1000 })
      : setTimeout(resolve, 50),
  );
}

/** Until something is different that may leave something to compute. */
function change(): Promise<void> {
  return new Promise((resolve) => {
    const ends: (() => void)[] = [];
    const end = () => {
      for (const one of ends) one();
      resolve();
    };
    document.addEventListener('visibilitychange', end);
    ends.push(useThen.subscribe(end), useOutcome.subscribe(end), useApp.subscribe(end), () =>
      document.removeEventListener('visibilitychange', end),
    );
  });
}
