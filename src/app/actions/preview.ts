import type { GenerateRequest } from '../../worker/api/api.ts';
import { requests } from '../state/requests.ts';
import { getApp, isTaken, setApp } from '../state/store.ts';
import { endAnswers, inTurn } from './in-turn.ts';

/** Greedy and short: the same question gives the same answer, so that only training changes it. */
export const SAMPLE_TOKENS = 64;

export function greedy(prompt: string, adapter: GenerateRequest['adapter']): GenerateRequest {
  return { prompt, raw: false, maxTokens: SAMPLE_TOKENS, temperature: 0, topP: 1, seed: 0, adapter };
}

const previews = requests();

/**
 * Asks the base the questions that the page shows, before any run and as the run will ask them. Given up silently when a
 * run takes the GPU, or when the questions change: they are an illustration, and the run's own samples follow.
 */
export async function askBase(): Promise<void> {
  const preview = previews.begin();
  // In software an answer takes long to begin and to give up: who means to train at once need not wait for it.
  if (getApp().hardware?.device === 'software') await new Promise((resolve) => setTimeout(resolve, 4000));
  const open = () => preview.latest && !getApp().starting && !isTaken(getApp());
  const { exampleRow, prompts, settings } = getApp();
  const questions = [exampleRow?.question ?? '', ...prompts].filter(Boolean);
  try {
    for (const prompt of new Set(questions)) {
      if (!open()) return;
      if (getApp().baseAnswers[prompt]?.done) continue;
      const put = (text: string, done: boolean) => {
        if (open())
          setApp(({ baseAnswers }) => ({ baseAnswers: { ...baseAnswers, [prompt]: { text, done } } }));
      };
      await inTurn(async () => {
        if (!open()) return;
        const result = await preview.text(
          (text) => put(text, false),
          (api, listener) => api.generate({ ...greedy(prompt, null), raw: settings.raw }, listener),
        );
        put(result.text, true);
      });
    }
  } catch {
    // No answer to show is no failure of the page; Train reports what really fails.
  }
}

/** Gives the base's answers up before a run or another model takes the engine. */
export async function dropBaseAnswers(): Promise<void> {
  previews.end();
  await endAnswers();
}
