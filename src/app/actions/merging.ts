import { UserError } from '../../errors.ts';
import { fileName } from '../../files/file-name.ts';
import { wayOf } from '../../merging/list.ts';
import { isMergeRaw } from '../../merging/prompt-form.ts';
import type { MergeRequest, PastRun, ShelfEntry } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useHistory } from '../state/history.ts';
import { type MergedAnswer, type Merging, NOT_ANSWERED, useMerging } from '../state/merging.ts';
import { type Request, requests } from '../state/requests.ts';
import { shelve, useShelf } from '../state/shelf.ts';
import { getApp, isTaken, setApp } from '../state/store.ts';
import { removeAdapter, takeOffShelf } from './adapter.ts';
import { endAnswers, giveUpSpare, inTurn } from './in-turn.ts';
import { greedy } from './preview.ts';
import { progressInto } from './progress.ts';
import { startFromShelf } from './start-from.ts';

/**
 * Merging while its sliders move. What they ask for is merged and asked once they stand still, and the latest counts: the
 * merge before it is given up, or put away where it has come. A merge stays on the shelf only where the person uses it.
 */

/** Milliseconds that the sliders stand still before they are followed. */
const STILL = 300;
/** Questions of the run or of the data that are asked without being chosen. */
const FIRST_QUESTIONS = 2;

const merges = requests();
let timer: ReturnType<typeof setTimeout> | null = null;
/** An answer is under way that is no longer wanted once anything changes. */
let answering = false;

const { getState: merging, setState: set } = useMerging;

export function isChosen({ chosen }: Pick<Merging, 'chosen'>, { id }: Pick<ShelfEntry, 'id'>): boolean {
  return chosen[id] ?? false;
}

/**
 * Which adapters are in the merge, with those that are new: the latest two of those that were there, and whatever comes
 * while the place is open. What was merged already, or changes no weight, is not in it unasked.
 */
export function withNew(
  { entries: before, chosen }: Merging,
  entries: readonly ShelfEntry[],
): Merging['chosen'] {
  const fresh = entries.filter(({ id }) => !(id in chosen));
  const able = entries.filter(
    ({ origin, settings: { method } }) => origin !== 'merge' && method !== 'prompt' && method !== 'prefix',
  );
  const unasked = before ? able : able.slice(-2);
  return { ...chosen, ...Object.fromEntries(fresh.map((entry) => [entry.id, unasked.includes(entry)])) };
}

export function weightOf({ weights }: Pick<Merging, 'weights'>, { id }: ShelfEntry): number {
  return weights[id] ?? 1;
}

export function nameOfEntry({ id }: Pick<ShelfEntry, 'id'>): string {
  return useShelf.getState().named[id]?.name ?? id;
}

export function chosenOf(state: Pick<Merging, 'entries' | 'chosen'>): ShelfEntry[] {
  return (state.entries ?? []).filter((entry) => isChosen(state, entry));
}

/** The way, with what of it can be told. */
export function optionsOf({
  way,
  rank,
  density,
  seed,
}: Pick<Merging, 'way' | 'rank' | 'density' | 'seed'>): Omit<MergeRequest, 'adapters'> {
  const { takes } = wayOf(way);
  return {
    way,
    ...(takes.rank && rank !== null && { rank }),
    ...(takes.density && { density }),
    ...(takes.seed && { seed }),
  };
}

/** The adapters that go into the merge, as they are named and weighed. */
export function sourcesOf(state: Merging): { id: string; name: string; weight: number }[] {
  return chosenOf(state).map((entry) => ({
    id: entry.id,
    name: nameOfEntry(entry),
    weight: weightOf(state, entry),
  }));
}

/** Reads what is at hand, and merges it. */
export async function readShelf(): Promise<void> {
  const { named } = useShelf.getState();
  const entries = (await (await worker()).shelf()).filter(({ id }) => id in named);
  if (merging().questions.length === 0) set({ questions: firstQuestions() });
  set((state) => ({ entries, chosen: withNew(state, entries) }));
  mergeSoon();
}

function firstQuestions(): string[] {
  const { run, prompts, exampleRow } = getApp();
  const asked = [...run.films.map(({ prompt }) => prompt), ...prompts, exampleRow?.question ?? ''];
  return [...new Set(asked.filter((prompt) => prompt.trim() !== ''))].slice(0, FIRST_QUESTIONS);
}

/** Changes what is asked for, and follows it. */
export function changeMerge(change: Partial<Merging>): void {
  set(change);
  mergeSoon();
}

function mergeSoon(): void {
  giveUp();
  set({ pending: sourcesOf(merging()).length > 0, error: null, done: null });
  timer = setTimeout(() => void mergeNow(), STILL);
}

/** Whatever is under way reaches nobody from now on. */
function giveUp(): void {
  merges.end();
  if (timer !== null) clearTimeout(timer);
  timer = null;
  if (answering) void endAnswers();
  answering = false;
}

/** Makes room for what has the model to itself: no merge stays, and none is made until `followAgain`. */
export async function restMerging(): Promise<void> {
  giveUp();
  set({ pending: false, done: null });
  await putAway();
}

/** Merges by where the sliders stand, if the place is still open. */
export function followAgain(): void {
  if (merging().entries !== null) mergeSoon();
}

/** The place is left: what was merged for it goes. */
export function leaveMerging(): void {
  giveUp();
  void putAway();
  set({ entries: null, pending: false, done: null, answers: {} });
}

/** A run or a ladder takes the engine; adapters can be merged once it has ended. */
function isFree(): boolean {
  return !getApp().starting && !isTaken(getApp());
}

async function mergeNow(): Promise<void> {
  const state = merging();
  const sources = sourcesOf(state);
  if (sources.length === 0 || !isFree()) {
    set({ pending: false });
    await putAway();
    return;
  }
  const request = merges.begin();
  try {
    const made = await request.events(
      progressInto(({ done, total }) => set({ done: { done, total: total ?? done } })),
      (api, listener) => api.mergeAdapters({ adapters: sources, ...optionsOf(state) }, listener),
    );
    if (!request.latest) {
      await (await worker()).removeAdapter(made.adapter);
      return;
    }
    await putAway();
    const raw = isMergeRaw(chosenOf(state));
    // In another form of its prompt the base answers otherwise.
    set({ made, raw, pending: false, done: null, ...(raw !== merging().raw && { answers: {} }) });
    await answerAll(request);
  } catch (error) {
    if (!request.latest) return;
    set({ error: pageError(error), pending: false, done: null });
    await putAway();
  }
}

/** Takes the merge that was made off the shelf. */
async function putAway(): Promise<void> {
  const { made } = merging();
  set({ made: null });
  if (made) await (await worker()).removeAdapter(made.adapter);
}

/** Asks every question of what was merged, and of the base where it has not been asked: both as its sources were trained. */
async function answerAll(request: Request): Promise<void> {
  answering = true;
  giveUpSpare();
  try {
    while (request.latest) {
      const { made, answers, questions } = merging();
      const question = questions.find((one) => answers[one]?.by !== made?.adapter);
      if (!made || question === undefined) return;
      const put = (change: Partial<MergedAnswer>) => {
        if (!request.latest) return;
        set(({ answers: before }) => ({
          answers: { ...before, [question]: { ...(before[question] ?? NOT_ANSWERED), ...change } },
        }));
      };
      if (!answers[question]?.baseDone) {
        if (!(await ask(request, question, null, (base) => put({ base })))) continue;
        put({ baseDone: true });
      }
      const use = { id: made.adapter, strength: 1 };
      if (await ask(request, question, use, (merged) => put({ merged, by: null }))) put({ by: made.adapter });
    }
  } finally {
    if (request.latest) answering = false;
  }
}

/** @returns whether it was answered whole: another answer of the page may have ended this one */
async function ask(
  request: Request,
  question: string,
  adapter: Parameters<typeof greedy>[1],
  put: (text: string) => void,
): Promise<boolean> {
  return inTurn(async () => {
    if (!request.latest) return false;
    const { raw } = merging();
    const { text, given_up } = await request.text(put, (api, listener) =>
      api.generate({ ...greedy(question, adapter), raw }, listener),
    );
    put(text);
    return !given_up;
  });
}

export function addQuestion(text: string): void {
  const question = text.trim();
  const { questions } = merging();
  if (question === '' || questions.includes(question)) return;
  set({ questions: [...questions, question] });
  // What is merged already is asked this one as well.
  void askMore();
}

export function removeQuestion(question: string): void {
  set(({ questions }) => ({ questions: questions.filter((other) => other !== question) }));
}

async function askMore(): Promise<void> {
  const { made, pending } = merging();
  if (!made || pending || answering) return;
  const request = merges.begin();
  try {
    await answerAll(request);
  } catch (error) {
    if (request.latest) set({ error: pageError(error) });
  }
}

/** Puts the merge in place as any adapter that was opened, and goes back to the set-up. */
export async function keepMerge(name: string): Promise<void> {
  const { made } = merging();
  if (!made) return;
  giveUp();
  set({ made: null, answers: {} });
  shelve(made.adapter, name);
  await place(made.adapter);
}

/** The same with an adapter as it is. */
export async function place(id: string): Promise<void> {
  try {
    await startFromShelf(id);
    setApp({ place: null, tab: 'compare' });
  } catch (error) {
    set({ error: pageError(error) });
  }
}

export async function removeFromShelf(id: string): Promise<void> {
  giveUp();
  if (getApp().adapter?.info.id === id) await removeAdapter();
  else await takeOffShelf(id);
}

/** Past runs of this model whose adapters are kept in this browser and are not at hand. */
export function pastAtHand(runs: readonly PastRun[], entries: readonly ShelfEntry[]): PastRun[] {
  const { named } = useShelf.getState();
  const here = new Set(entries.map(({ id }) => named[id]?.past));
  const model = getApp().model?.name;
  return runs.filter((run) => run.adapterBytes > 0 && run.model === model && !here.has(run.id));
}

/**
 * Brings the adapter of a past run to the others.
 * @returns its id on the shelf
 * @throws UserError `no-adapter`, `shelf-full`, and as `readPeft`
 */
export async function shelvePast({ id, name }: PastRun): Promise<string> {
  const api = await worker();
  const zip = await api.pastAdapter(id, fileName(name));
  if (!zip)
    throw new UserError(
      'no-adapter',
      'The adapter of this run is no longer kept. Nothing was changed. Open its file.',
    );
  const bytes = new Uint8Array(await zip.blob.arrayBuffer());
  const info = await api.addAdapter([{ path: zip.name, bytes }]);
  shelve(info.id, name, id);
  return info.id;
}

/** The same, with what went wrong beside the list of runs. */
export async function bringPast(run: PastRun): Promise<void> {
  try {
    await shelvePast(run);
  } catch (error) {
    useHistory.setState({ error: pageError(error) });
  }
}
