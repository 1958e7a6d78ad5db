import type { Question } from '../../data/forms/questions.ts';
import { withShots } from '../../data/forms/questions.ts';
import { withInstruction, withoutInstruction, withPassages, wordsOf } from './prompts.ts';
import type { Collection, Sources } from './sources.ts';

/** What has to be there for a rung to be measured. */
export type Need = 'instruction' | 'rows' | 'documents' | 'adapter' | 'kinds';

/** What the gain of a rung says of a task: what is looked up helps with facts, what is trained with form. */
export type Remedy = 'search' | 'tuning';

export type RungName =
  | 'base'
  | 'prompt'
  | 'examples'
  | 'retrieval'
  | 'documents'
  | 'tuned'
  | 'tuned+retrieval'
  | 'apart';

export interface Rung {
  name: RungName;
  /** For people. */
  label: string;
  needs: readonly Need[];
  remedy: Remedy | null;
  /** Its cost, in words: what a person has to provide and what each answer takes. */
  cost: string;
  /** How many things may stand in its prompt, of which training rows choose; empty where nothing does. */
  counts: readonly number[];
  /** What is searched for them, by words or by states as training rows choose. */
  searches?: Collection;
  /** The prompt of a row, with so many things in it. */
  prompt(question: Question, count: number, sources: Sources): Question;
}

/** Rows that may stand in a prompt; beyond some fifty, training is the better use of them. */
const SHOTS = [1, 2, 5, 10, 20, 50];
const PASSAGES = [1, 2, 5];

const nearestBefore = (question: Question, count: number, sources: Sources) =>
  // The nearest row stands next to the question.
  withShots(question, sources.nearestRows(question, count).reverse());

/** From the cheapest to the dearest: each asks more of a person, or of each answer, than those before it. */
export const RUNGS: readonly Rung[] = [
  {
    name: 'base',
    label: 'Base',
    needs: [],
    remedy: null,
    cost: 'nothing',
    counts: [],
    prompt: (question, _, { instruction }) => withoutInstruction(question, instruction),
  },
  {
    name: 'prompt',
    label: 'Prompt',
    needs: ['instruction'],
    remedy: null,
    cost: 'an instruction to write, and its tokens in each prompt',
    counts: [],
    prompt: (question, _, { instruction }) => withInstruction(question, instruction),
  },
  {
    name: 'examples',
    label: 'Examples',
    needs: ['rows'],
    remedy: null,
    cost: 'a few rows, and their tokens in each prompt',
    counts: SHOTS,
    prompt: (question, count, sources) =>
      withShots(withInstruction(question, sources.instruction), sources.shots(count)),
  },
  {
    name: 'retrieval',
    label: 'Retrieval',
    needs: ['rows'],
    remedy: 'search',
    cost: 'rows to search in for each answer, and their tokens in its prompt',
    counts: SHOTS,
    searches: 'rows',
    prompt: (question, count, sources) =>
      nearestBefore(withInstruction(question, sources.instruction), count, sources),
  },
  {
    name: 'documents',
    label: 'Documents',
    needs: ['documents'],
    remedy: 'search',
    cost: 'documents to keep and to search in for each answer, and their tokens in its prompt',
    counts: PASSAGES,
    searches: 'passages',
    prompt: (question, count, { instruction, passages }) =>
      withPassages(withInstruction(question, instruction), passages(wordsOf(question), count).reverse()),
  },
  {
    name: 'tuned',
    label: 'Tuned',
    needs: ['adapter'],
    remedy: 'tuning',
    cost: 'training, once and again whenever the base or the rows change',
    counts: [],
    prompt: (question) => question,
  },
  {
    name: 'tuned+retrieval',
    label: 'Tuned + retrieval',
    needs: ['adapter', 'rows'],
    remedy: null,
    cost: 'training, and rows to search in for each answer',
    counts: SHOTS,
    searches: 'rows',
    prompt: nearestBefore,
  },
];

/** What is left where none of these is good enough. It is measured where it is asked for: it trains several adapters. */
export const APART: Rung = {
  name: 'apart',
  label: 'One adapter for each part',
  needs: ['kinds'],
  remedy: 'tuning',
  cost: 'an adapter to train for each kind of question, and a router',
  counts: [],
  prompt: (question) => question,
};

/** All there are, from the cheapest to the dearest. */
export const LADDER: readonly Rung[] = [...RUNGS, APART];

/** Those that are measured unless others are asked for. */
export const RUNG_NAMES = RUNGS.map(({ name }) => name);

export function rungOf(name: RungName): Rung {
  return LADDER[LADDER.findIndex((rung) => rung.name === name)];
}
