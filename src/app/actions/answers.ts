import { proxy } from 'comlink';
import { worker } from '../state/connection.ts';
import { pageError } from '../state/errors.ts';
import { type Exchange, getApp, setApp } from '../state/store.ts';
import { askBase, greedy } from './preview.ts';

function update(change: Partial<Exchange>): void {
  setApp(({ exchanges }) => ({
    exchanges: exchanges.map((other, i) => (i === exchanges.length - 1 ? { ...other, ...change } : other)),
  }));
}

/** Asks base and tuned the same question, one after the other on the one GPU; both stream. */
export async function ask(prompt: string): Promise<void> {
  const question = prompt.trim();
  if (question === '' || getApp().asking) return;
  const { run, strength } = getApp();
  setApp(({ exchanges }) => ({
    exchanges: [...exchanges, { prompt: question, base: null, tuned: null, step: run.step, done: false }],
    asking: true,
    askError: null,
  }));
  try {
    const api = await worker();
    for (const side of ['base', 'tuned'] as const) {
      update({ [side]: '' });
      const result = await api.generate(
        { ...greedy(question, side === 'base' ? 0 : strength), maxTokens: 200 },
        proxy((text: string) => update({ [side]: text })),
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
  await (await worker()).cancelGenerate();
}

/** Sets the questions that a run asks as it goes. */
export function setPrompt(index: number, text: string): void {
  setApp(({ prompts }) => {
    const next = prompts.slice();
    next[index] = text;
    return { prompts: next };
  });
}

export function removePrompt(index: number): void {
  setApp(({ prompts }) => ({ prompts: prompts.filter((_, i) => i !== index) }));
}

/** Shows at once what the base says to a new question. */
export function previewPrompts(): void {
  void askBase();
}

/** Saves the adapter as one .zip through the browser's download. */
export async function downloadAdapter(includeBase: boolean): Promise<void> {
  if (getApp().downloading) return;
  setApp({ downloading: true, takeError: null });
  try {
    const zip = await (await worker()).adapterZip({ includeBase });
    save(zip, `${fileName(getApp().runName)}-adapter.zip`);
  } catch (error) {
    setApp({ takeError: pageError(error) });
  } finally {
    setApp({ downloading: false });
  }
}

export function fileName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return plain === '' ? 'lowrank' : plain;
}

export function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Some browsers read the blob only after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
