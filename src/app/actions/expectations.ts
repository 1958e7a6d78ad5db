import { fileName } from '../../files/file-name.ts';
import {
  type Expectation,
  expectationLine,
  expectationOf,
  meets,
  readExpectations,
} from '../../lab/expectations/expectation.ts';
import type { AdapterUse } from '../../worker/api/adapter-use.ts';
import type { Expected, ExpectedCheck, GenerateRequest, PastRun, ShelfEntry } from '../../worker/api/api.ts';
import { patternMet } from '../../worker/patterns/pattern-met.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useExpecting } from '../state/expecting.ts';
import { useHistory } from '../state/history.ts';
import { type Request, requests } from '../state/requests.ts';
import { useShelf } from '../state/shelf.ts';
import { getApp, isTaken } from '../state/store.ts';
import { changeRun } from './history.ts';
import { endAnswers, giveUpSpare, inTurn } from './in-turn.ts';
import { pastAtHand, shelvePast } from './merging.ts';
import { greedy } from './preview.ts';
import { save } from './take.ts';

/** What the person expects of answers, kept with a past run, and held against the base or any adapter. */

/** Tokens of an answer at most. */
const ANSWER_TOKENS = 200;
/** The oldest checks beyond these are dropped. */
const MOST_CHECKS = 8;
/** More are a set to evaluate on. */
const MOST = 200;

const checks = requests();

export const NOTHING_EXPECTED: Expected = { list: [], checks: [] };

export function expectedOf(run: string): Expected {
  return useHistory.getState().runs.find(({ id }) => id === run)?.expected ?? NOTHING_EXPECTED;
}

/** @returns whether it was added; what is refused is said */
export async function addExpectation(run: string, { prompt, kind, wanted }: Expectation): Promise<boolean> {
  return adding(run, () => [
    expectationOf({ prompt: prompt.trim(), [kind]: kind === 'json' ? true : wanted }),
  ]);
}

/** Adds those of a JSON Lines file; where a line is refused none is. */
export async function openExpectations(run: string, file: File): Promise<boolean> {
  const text = await file.text();
  return adding(run, () => readExpectations(text));
}

async function adding(run: string, read: () => Expectation[]): Promise<boolean> {
  try {
    const expected = expectedOf(run);
    const known = new Set(expected.list.map(expectationLine));
    const added = read();
    const fresh = added.filter((one) => !known.has(expectationLine(one)) && known.add(expectationLine(one)));
    const list = [...expected.list, ...fresh];
    if (list.length > MOST) {
      const text = `A run has ${MOST} expectations at most, and this would make ${list.length}. Nothing was changed. For more rows evaluate on a file.`;
      useExpecting.setState({ error: { code: 'bad-expectation', text }, repeats: null });
      return false;
    }
    useExpecting.setState({ error: null, repeats: repeatsOf(added.length - fresh.length, added.length) });
    await changeRun(run, { expected: { ...expected, list } });
    return true;
  } catch (error) {
    useExpecting.setState({ error: pageError(error), repeats: null });
    return false;
  }
}

/** What is said of expectations that are asked already, and so are not added again. */
function repeatsOf(repeated: number, of: number): string | null {
  if (repeated === 0) return null;
  if (of === 1) return 'This is expected already.';
  return `${repeated} of ${of} expectations ${repeated === 1 ? 'is a repeat and was' : 'are repeats and were'} not added again.`;
}

export async function removeExpectation(run: string, gone: Expectation): Promise<void> {
  const expected = expectedOf(run);
  const line = expectationLine(gone);
  const list = expected.list.filter((one) => expectationLine(one) !== line);
  const kept = expected.checks.map((check) => {
    const { [line]: _, ...met } = check.met;
    return { ...check, met };
  });
  await changeRun(run, { expected: { list, checks: kept } });
}

/** Saves them as JSON Lines. */
export function saveExpectations(run: string): void {
  const past = useHistory.getState().runs.find(({ id }) => id === run);
  const lines = expectedOf(run).list.map(expectationLine);
  save(new Blob([`${lines.join('\n')}\n`]), `${fileName(past?.name ?? '')}-expectations.jsonl`);
}

/** Who can be asked: the base, what is at hand, and past runs of this model whose adapters are kept. */
export interface Subject {
  key: string;
  name: string;
  /** Bytes of one that has to be brought first. */
  past?: PastRun;
}

export const BASE: Subject = { key: 'base', name: 'Base' };

export function subjectsOf(entries: readonly ShelfEntry[], runs: readonly PastRun[]): Subject[] {
  const { named } = useShelf.getState();
  return [
    BASE,
    ...entries.filter(({ id }) => id in named).map(({ id }) => ({ key: id, name: named[id].name })),
    ...pastAtHand(runs, entries).map((past) => ({ key: `past ${past.id}`, name: past.name, past })),
  ];
}

export async function readSubjects(): Promise<ShelfEntry[]> {
  return (await worker()).shelf();
}

/** Asks one of them every question, and keeps which answers had what was expected; a stop keeps those that were asked. */
export async function checkExpectations(run: string, subject: Subject): Promise<void> {
  const { list } = expectedOf(run);
  const model = getApp().model?.name;
  if (list.length === 0 || !model || useExpecting.getState().work) return;
  const request = checks.begin();
  const free = () => request.latest && !getApp().starting && !isTaken(getApp());
  const check = { of: subject.name, model, at: new Date().toISOString() };
  const met: Record<string, boolean> = {};
  giveUpSpare();
  useExpecting.setState({ error: null, work: { of: subject.name, done: 0, total: list.length } });
  try {
    const { adapter, raw } = await askedOf(run, subject);
    for (const [i, expectation] of list.entries()) {
      const text = await answerTo({ ...greedy(expectation.prompt, adapter), raw }, request, free);
      if (text === null) break;
      const line = expectationLine(expectation);
      met[line] = await isMet(expectation, text);
      useExpecting.setState(({ answers }) => ({
        answers: { ...answers, [check.at]: { ...answers[check.at], [line]: text } },
        work: { of: subject.name, done: i + 1, total: list.length },
      }));
    }
  } catch (error) {
    useExpecting.setState({ error: pageError(error) });
  }
  useExpecting.setState({ work: null });
  if (Object.keys(met).length > 0) await keepCheck(run, { ...check, met });
}

function isMet(expectation: Expectation, answer: string): boolean | Promise<boolean> {
  const { kind, wanted } = expectation;
  return kind === 'pattern' ? patternMet({ pattern: wanted, answer }) : meets(expectation, answer);
}

/** The whole answer, asked again where another answer of the page ended it; null once nobody waits for it. */
async function answerTo(
  question: GenerateRequest,
  request: Request,
  free: () => boolean,
): Promise<string | null> {
  while (free()) {
    const answer = await inTurn(async () => {
      if (!free()) return null;
      const ask = { ...question, maxTokens: ANSWER_TOKENS };
      return request.text(
        () => {},
        (api, listener) => api.generate(ask, listener),
      );
    });
    if (answer && !answer.given_up && free()) return answer.text;
  }
  return null;
}

/** Who is asked, in the form of prompts that it was trained on; the base as the adapter of the run, which it stands beside. */
async function askedOf(
  run: string,
  { key, past }: Subject,
): Promise<{ adapter: AdapterUse | null; raw: boolean }> {
  if (key === BASE.key) {
    const settings = useHistory.getState().runs.find(({ id }) => id === run)?.settings;
    return { adapter: null, raw: settings?.raw ?? false };
  }
  const id = past ? await shelvePast(past) : key;
  const entry = (await (await worker()).shelf()).find((one) => one.id === id);
  return { adapter: { id, strength: 1 }, raw: entry?.raw ?? false };
}

async function keepCheck(run: string, check: ExpectedCheck): Promise<void> {
  const expected = expectedOf(run);
  await changeRun(run, {
    expected: { ...expected, checks: [...expected.checks, check].slice(-MOST_CHECKS) },
  });
}

export async function stopChecking(): Promise<void> {
  checks.end();
  await endAnswers();
}
