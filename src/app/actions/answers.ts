import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import type { NextToken, NextTokensRequest } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import {
  askedKey,
  conversation,
  filmed,
  isOwn,
  isStale,
  type Place,
  recalled,
  stepLeft,
  type Turn,
  withTold,
} from '../state/conversation.ts';
import { isAskedRaw } from '../state/prompt-form.ts';
import { type Request, requests } from '../state/requests.ts';
import { type AppState, type Exchange, getApp, setApp, type Told } from '../state/store.ts';
import { learn, learnOdds, NO_THEN, oddsKey, useThen } from '../state/then.ts';
import { endAnswers, giveUpSpare, inTurn } from './in-turn.ts';
import { askBase, greedy, SAMPLE_TOKENS } from './preview.ts';

/** Most tokens of an answer. */
const ANSWER_TOKENS = 200;

const answering = requests();
/** What is asked now: a question of the person's, or those in sight once more, which the next place of a slider ends. */
let asked: 'question' | 'again' | null = null;
let cancelled = false;

/** While a run loads there is no engine to ask. */
export function canAsk(): boolean {
  const { asking, starting, underWay, model, run } = getApp();
  return (
    model !== null && !asking && !starting && !underWay && run.state !== 'loading' && run.state !== 'tuning'
  );
}

/** Asks base and tuned the same question, one after the other on the one GPU; both stream. Before any step: the base. */
export async function ask(prompt: string): Promise<void> {
  const question = prompt.trim();
  if (question === '' || !canAsk()) return;
  const { adapter, tuned } = getApp();
  const { step, strength } = placeNow();
  const both = hasTuned(getApp());
  const exchange: Exchange = {
    ...{ id: Math.max(0, ...getApp().exchanges.map(({ id }) => id)) + 1, prompt: question, base: null },
    ...{ tuned: null, strength, step: both ? step : 0, done: false },
    by: tuned === adapter?.info.id ? adapter?.name : undefined,
  };
  const update = (change: Partial<Exchange>) =>
    setApp(({ exchanges }) => ({
      exchanges: exchanges.map((other) => (other.id === exchange.id ? { ...other, ...change } : other)),
    }));
  setApp(({ exchanges }) => ({ exchanges: [...exchanges, exchange] }));
  await asking('question', async (request) => {
    const turn = { key: askedKey(exchange.id), prompt: question };
    await answer(request, { ...turn, adapter: null }, (base) => update({ base }));
    if (!both || !mayGoOn(request)) return;
    let told: string | null = null;
    await answer(request, { ...turn, adapter: tunedUse() }, (text) => {
      told = text;
      update({ tuned: text });
    });
    remember(request, { step, strength }, turn.key, told);
  });
  update({ done: true });
}

/** Whether an adapter answers beside the base: one that was brought, or the run's from its first step on. */
export function hasTuned({ adapter, run, tuned }: Pick<AppState, 'adapter' | 'run' | 'tuned'>): boolean {
  return tuned !== null && (run.step > 0 || tuned === adapter?.info.id);
}

/** The tuned model as it is asked now: at the chosen step of the run, at the chosen strength. */
export function tunedUse(): AdapterUse | null {
  const { tuned, strength } = getApp();
  const { step } = useThen.getState();
  if (tuned === null || strength === 0) return null;
  return { id: step === null ? tuned : `${tuned}@${step}`, strength };
}

let timer: ReturnType<typeof setTimeout> | null = null;

/** Sets the adapter's strength; once it stands still, the tuned model answers every question in sight again with it. */
export function changeStrength(strength: number): void {
  setApp({ strength });
  answerAgainSoon();
}

/** Talks to the model as it was at a step of the run; null: as the run left it. */
export function changeTime(step: number | null): void {
  if (useThen.getState().step === step) return;
  useThen.setState({ step });
  // What is known is there at once, so that a drag along the curve is one movement.
  setApp((app) => recalled(app, useThen.getState(), placeNow()));
  answerAgainSoon();
}

function answerAgainSoon(): void {
  if (asked === 'again') {
    // It answers from where the slider no longer is.
    answering.end();
    asked = null;
    setApp({ asking: false });
    void endAnswers();
  }
  if (timer !== null) clearTimeout(timer);
  timer = setTimeout(() => void answerAgain(), 400);
}

/** Reads at which steps of the run that has ended its adapter is kept, and what its own answers tell of them. */
export async function loadTimes(): Promise<void> {
  const { tuned } = getApp();
  const steps = tuned === null ? [] : await (await worker()).adapterSteps(tuned);
  if (getApp().tuned !== tuned) return;
  useThen.setState({ ...NO_THEN, steps });
  for (const { step, answers } of filmed(getApp().run, stepLeft(getApp()))) learn(step, { answers });
}

/** What is asked for the likeliest next tokens of both models. */
export function lookOf(prompt: string, begun: string, adapter = tunedUse()): NextTokensRequest {
  return { prompt, begun, raw: isAskedRaw(getApp()), adapter, most: 6 };
}

/** The same, where it was looked at before. */
export function lookedAhead(prompt: string, begun: string): NextToken[] | null {
  return useThen.getState().odds[oddsKey(lookOf(prompt, begun))] ?? null;
}

/** Likeliest next tokens of both models; null where the engine is gone or busy. */
export async function lookAhead(prompt: string, begun: string): Promise<NextToken[] | null> {
  const look = lookOf(prompt, begun);
  try {
    giveUpSpare();
    const found = await inTurn(async () => (await worker()).nextTokens(look));
    // An adapter that is being trained is another one at each step.
    if (getApp().run.state === 'finished') learnOdds(look, found);
    return found;
  } catch (error) {
    setApp({ askError: pageError(error) });
    return null;
  }
}

/** The tuned model answers every question in sight as the sliders stand, the one that was asked last first. */
async function answerAgain(): Promise<void> {
  if (!hasTuned(getApp())) return;
  if (getApp().asking || getApp().underWay) {
    // One GPU, one answer at a time.
    answerAgainSoon();
    return;
  }
  giveUpSpare();
  const now = placeNow();
  setApp((app) => recalled(app, useThen.getState(), now));
  const turns = conversation(getApp()).filter(
    (turn) => turn.tuned !== null && (isStale(turn, now) || !turn.done),
  );
  if (turns.length === 0) return;
  await asking('again', async (request) => {
    for (const turn of turns.reverse()) {
      if (!mayGoOn(request)) return;
      let told: Told = { ...now, tuned: '', done: false };
      const put = (change: Partial<Told>) => {
        told = { ...told, ...change };
        setApp((app) => withTold(app, turn, told));
      };
      await answer(request, { ...turn, adapter: tunedUse() }, (text) => put({ tuned: text }));
      if (!request.latest) return;
      put({ done: true });
      remember(request, now, turn.key, told.tuned);
    }
  });
}

/** Keeps an answer that is whole, so that it need not be asked for again. */
function remember(request: Request, { step, strength }: Place, key: string, text: string | null): void {
  if (text === null || strength !== 1 || !mayGoOn(request) || getApp().run.state !== 'finished') return;
  learn(step, { answers: { [key]: text } });
}

/** The adapter that the sliders show. */
export function placeNow(): Place {
  return { step: useThen.getState().step ?? stepLeft(getApp()), strength: getApp().strength };
}

/** As the adapter was trained; a run's own prompts as long as the run asks them, so that its answers and these are of one kind. */
export function formOf(turn: Pick<Turn, 'key' | 'prompt'>): { maxTokens: number; raw: boolean } {
  return { maxTokens: isOwn(turn) ? SAMPLE_TOKENS : ANSWER_TOKENS, raw: isAskedRaw(getApp()) };
}

const mayGoOn = (request: Request) => request.latest && !cancelled && !getApp().starting;

async function asking(what: 'question' | 'again', work: (request: Request) => Promise<void>): Promise<void> {
  giveUpSpare();
  const request = answering.begin();
  asked = what;
  cancelled = false;
  setApp({ asking: true, askError: null });
  try {
    await work(request);
  } catch (error) {
    if (request.latest) setApp({ askError: pageError(error) });
  } finally {
    if (request.latest) {
      asked = null;
      setApp({ asking: false });
    }
  }
}

/** One answer, put as it grows and once it is whole. */
async function answer(
  request: Request,
  turn: Pick<Turn, 'key' | 'prompt'> & { adapter: AdapterUse | null },
  put: (text: string) => void,
): Promise<void> {
  put('');
  const { text } = await inTurn(() =>
    request.text(put, (api, listener) =>
      api.generate({ ...greedy(turn.prompt, turn.adapter), ...formOf(turn) }, listener),
    ),
  );
  if (request.latest) put(text);
}

export async function cancelAnswer(): Promise<void> {
  cancelled = true;
  await (await worker()).cancelGenerate();
}

/** Adds a question that a run asks as it goes; the base answers it at once. */
export function addPrompt(text: string): void {
  const prompt = text.trim();
  if (prompt === '' || getApp().prompts.includes(prompt)) return;
  setApp(({ prompts }) => ({ prompts: [...prompts, prompt] }));
  void askBase();
}

/** Changes a question; emptied, or made equal to another, it is gone. */
export function changePrompt(index: number, text: string): void {
  const prompt = text.trim();
  const others = getApp().prompts.filter((_, i) => i !== index);
  const drop = prompt === '' || others.includes(prompt);
  setApp(({ prompts }) => ({
    prompts: drop ? others : prompts.map((other, i) => (i === index ? prompt : other)),
  }));
  void askBase();
}
