import { proxy } from 'comlink';
import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import type { NextToken } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { type AppState, type Exchange, getApp, setApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import { inTurn } from './in-turn.ts';
import { askBase, greedy } from './preview.ts';

/** Set where the person has cancelled, so that the second answer does not begin either. */
let cancelled = false;

function update(change: Partial<Exchange>): void {
  setApp(({ exchanges }) => ({
    exchanges: exchanges.map((other, i) => (i === exchanges.length - 1 ? { ...other, ...change } : other)),
  }));
}

/** While a run loads there is no engine to ask. */
export function canAsk(): boolean {
  const { asking, starting, model, run } = getApp();
  return model !== null && !asking && !starting && run.state !== 'loading' && run.state !== 'tuning';
}

/** Asks base and tuned the same question, one after the other on the one GPU; both stream. Before any step: the base. */
export async function ask(prompt: string): Promise<void> {
  const question = prompt.trim();
  if (question === '' || !canAsk()) return;
  const { adapter, run, strength, tuned } = getApp();
  const both = hasTuned(getApp());
  const step = both ? (useThen.getState().step ?? run.step) : 0;
  const by = tuned === adapter?.info.id ? adapter?.name : undefined;
  setApp(({ exchanges }) => ({
    exchanges: [...exchanges, { prompt: question, base: null, tuned: null, step, strength, by, done: false }],
  }));
  await answer(question, both ? ['base', 'tuned'] : ['base']);
}

/** Whether an adapter answers beside the base: one that was brought, or the run's from its first step on. */
export function hasTuned({ adapter, run, tuned }: Pick<AppState, 'adapter' | 'run' | 'tuned'>): boolean {
  return tuned !== null && (run.step > 0 || tuned === adapter?.info.id);
}

/** The tuned model as it is asked now: at the chosen step of the run, at the chosen strength. */
function tunedUse(): AdapterUse | null {
  const { tuned, strength } = getApp();
  const { step } = useThen.getState();
  if (tuned === null || strength === 0) return null;
  return { id: step === null ? tuned : `${tuned}@${step}`, strength };
}

let timer: ReturnType<typeof setTimeout> | null = null;

/** Sets the adapter's strength; once it stands still, the tuned model answers the last question again with it. */
export function changeStrength(strength: number): void {
  setApp({ strength });
  askAgainSoon();
}

/** Talks to the model as it was at a step of the run; null: as the run left it. */
export function changeTime(step: number | null): void {
  useThen.setState({ step });
  askAgainSoon();
}

function askAgainSoon(): void {
  if (timer !== null) clearTimeout(timer);
  timer = setTimeout(() => void askTunedAgain(), 400);
}

/** Reads at which steps of the run that has ended its adapter is kept. */
export async function loadTimes(): Promise<void> {
  const { tuned } = getApp();
  const steps = tuned === null ? [] : await (await worker()).adapterSteps(tuned);
  useThen.setState({ steps, step: null });
}

/** Likeliest next tokens of both models; null where the engine is gone or busy. */
export async function lookAhead(prompt: string, begun: string): Promise<NextToken[] | null> {
  try {
    return await inTurn(async () =>
      (await worker()).nextTokens({
        prompt,
        begun,
        raw: false,
        adapter: tunedUse(),
        most: 6,
      }),
    );
  } catch (error) {
    setApp({ askError: pageError(error) });
    return null;
  }
}

async function askTunedAgain(): Promise<void> {
  const { asking, exchanges, run, strength } = getApp();
  const last = exchanges.at(-1);
  if (!hasTuned(getApp())) return;
  if (asking) {
    // One GPU, one answer at a time.
    askAgainSoon();
    return;
  }
  if (last?.tuned != null) {
    update({ tuned: '', step: useThen.getState().step ?? run.step, strength, done: false });
    await answer(last.prompt, ['tuned']);
  } else if (!last && run.films[0]) await ask(run.films[0].prompt);
}

async function answer(question: string, sides: readonly ('base' | 'tuned')[]): Promise<void> {
  cancelled = false;
  setApp({ asking: true, askError: null });
  try {
    const api = await worker();
    for (const side of sides) {
      if (cancelled || getApp().starting) break;
      update({ [side]: '' });
      const result = await inTurn(() =>
        api.generate(
          {
            ...greedy(question, side === 'base' ? null : tunedUse()),
            maxTokens: 200,
          },
          proxy((text: string) => update({ [side]: text })),
        ),
      );
      update({ [side]: result.text });
    }
  } catch (error) {
    setApp({ askError: pageError(error) });
  } finally {
    update({ done: true });
    setApp({ asking: false });
  }
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
