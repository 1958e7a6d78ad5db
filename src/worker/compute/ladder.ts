import { heldOutSplit } from '../../data/batches.ts';
import type { Question } from '../../data/forms/questions.ts';
import { metricOf } from '../../data/metric.ts';
import { UserError } from '../../errors.ts';
import type { Criterion } from '../../lab/criterion.ts';
import { askingApart } from '../../lab/ladder/apart.ts';
import { type Kinds, kindsOf } from '../../lab/ladder/kinds.ts';
import { sharedRows, withoutHeldOut } from '../../lab/ladder/leaks.ts';
import { type Asking, type MeasuredRung, MOST_STATES, measureRung } from '../../lab/ladder/measure.ts';
import { passagesOf } from '../../lab/ladder/passages.ts';
import { commonInstruction, wordsOf } from '../../lab/ladder/prompts.ts';
import { type LadderResult, ladderResult } from '../../lab/ladder/report.ts';
import { APART, type Rung, type RungName, rungOf } from '../../lab/ladder/rungs.ts';
import { type Sources, sourcesOf } from '../../lab/ladder/sources.ts';
import { wordVectors } from '../../lab/ladder/word-vectors.ts';
import type { AdapterUse } from '../api/adapter-use.ts';
import type { LadderFigures, LadderKinds, LadderPlan, LadderRequest } from '../api/ladder.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { Answers } from './answers.ts';
import { askingOf, placedQuestionsOf, questionsOf, refuseStopped } from './asking.ts';
import { readStates } from './states.ts';
import { everyRow, type Listener, needRows, type Workspace } from './workspace.ts';

interface Prepared {
  sources: Sources;
  heldOut: Question[];
  metric: Criterion;
  raw: boolean;
  longest: number;
  seed: number;
  /** Of each training question among the open rows. */
  places: number[];
  /** Open rows that nothing of it may see: `LadderPlan.leftOut`. */
  leftOut: number[];
  /** Once they were looked for; null where there are none. */
  kinds?: (Kinds & Pick<LadderKinds, 'by'>) | null;
  /** What the model has read for searches, by the text. */
  states: Map<string, Float32Array>;
}

const WORDS = {
  reading: 'the model reads what is searched',
  choosing: 'choosing how many, on training rows',
  answering: 'answering',
};

/** The rungs of `lab/ladder` over what is open: the rows of `eval` are held out, those of `train` shown and trained on. */
export class Ladder {
  #prepared: Prepared | null = null;

  constructor(
    readonly workspace: Workspace,
    readonly answers: Answers,
  ) {}

  /** @throws UserError `no-rows`, `no-held-out-rows`, `bad-documents` */
  async prepare(request: LadderRequest, listener: Listener): Promise<LadderPlan> {
    const { workspace } = this;
    this.#prepared = null;
    const { given, held, longest } = this.#rows(request);
    const shared = (await sharedRows(given, held)).map((place) => given.places[place]);
    if (shared.length === given.rows)
      throw new UserError(
        'no-rows',
        'Every training row asks what a held-out row asks, so that none is left to show or to train on. Nothing was changed. Hold out other rows.',
      );
    const reopen = !request.keepOpen && shared.length > 0;
    if (reopen) await workspace.leaveOut(shared, listener);
    const open = reopen
      ? allOf(workspace.dataset('train'))
      : partOf(given.dataset, without(given.places, shared));
    const placed = await placedQuestionsOf(open);
    const rows = placed.map(({ question }) => question);
    const heldOut = await questionsOf(held);
    if (heldOut.length === 0)
      throw new UserError(
        'no-held-out-rows',
        'No held-out row has a question and an answer, which a ladder compares answers on. Nothing was changed. Choose rows with prompts and completions.',
      );
    const found = passagesOf(request.documents);
    const passages = withoutHeldOut(found, heldOut);
    const instruction = request.prompt?.trim() || commonInstruction(rows);
    const metric = request.metric ?? metricOf(heldOut.map(({ reference }) => reference));
    const sources = sourcesOf({ rows, instruction, passages, seed: request.seed });
    const leftOut = reopen ? [] : without([...everyRow(given.dataset)], open.places);
    this.#prepared = {
      ...{ sources, heldOut, metric, longest, raw: request.raw, seed: request.seed, leftOut },
      places: placed.map(({ place }) => open.places[place]),
      states: new Map(),
    };
    return {
      ...{ heldOut: heldOut.length, withoutQuestion: held.rows - heldOut.length, rows: rows.length },
      passages: passages.length,
      removed: { rows: shared.length, passages: found.length - passages.length },
      ...{ instruction, metric, choosing: sources.choosing.length },
      leftOut,
    };
  }

  /** The rows that are shown and trained on, and those that are held out. */
  #rows({ split }: LadderRequest): { given: Part; held: Part; longest: number } {
    const train = this.workspace.dataset('train');
    needRows(train.report);
    if (!split) {
      const held = this.workspace.dataset('eval');
      needRows(held.report, 'no-held-out-rows');
      return { given: allOf(train), held: allOf(held), longest: held.report.longest };
    }
    const { evalFraction, seed, most } = split;
    const places = heldOutSplit(train.rows, evalFraction, seed, most);
    if (places.heldOut.length === 0)
      throw new UserError(
        'no-held-out-rows',
        'No row is held out, and the rungs are compared on held-out rows. Nothing was changed. Hold out a share of the rows, or choose a file of held-out rows.',
      );
    return {
      given: partOf(train, [...places.train]),
      held: partOf(train, [...places.heldOut]),
      longest: train.report.longest,
    };
  }

  async measure(name: RungName, adapter: AdapterUse | null, listener: Listener): Promise<MeasuredRung> {
    const prepared = this.#whole();
    return this.#measure(rungOf(name), await askingOf(this.answers, adapter, prepared), listener);
  }

  /** One adapter for each kind of question, in the order of `kinds`. */
  async measureApart(adapters: readonly AdapterUse[], listener: Listener): Promise<MeasuredRung> {
    const prepared = this.#whole();
    const kinds = await this.#kinds(listener);
    if (kinds?.names.length !== adapters.length)
      throw new RangeError(`${adapters.length} adapters for ${kinds?.names.length ?? 0} kinds`);
    const askings: Asking[] = [];
    for (const adapter of adapters) askings.push(await askingOf(this.answers, adapter, prepared));
    const places = new Map(prepared.heldOut.map((question, i) => [question, i]));
    const asking = askingApart(askings, (question) => kinds.heldOut[places.get(question)!]);
    const count = (of: readonly number[], kind: number) => of.filter((one) => one === kind).length;
    return {
      ...(await this.#measure(APART, asking, listener)),
      adapters: kinds.names.map((name, kind) => ({
        kind: name,
        training: count(kinds.training, kind),
        heldOut: count(kinds.heldOut, kind),
      })),
    };
  }

  /** Null where the training rows are too few, or too much of one kind. */
  async kinds(listener: Listener): Promise<LadderKinds | null> {
    const { places, leftOut } = this.#whole();
    const kinds = await this.#kinds(listener);
    if (!kinds) return null;
    const { names, training, heldOut, by } = kinds;
    return {
      ...{ names, heldOut, by },
      training: names.map((_, kind) => training.filter((one) => one === kind).length),
      leaveOut: names.map((_, kind) => [...leftOut, ...places.filter((_, i) => training[i] !== kind)]),
    };
  }

  async #kinds(listener: Listener): Promise<(Kinds & Pick<LadderKinds, 'by'>) | null> {
    const prepared = this.#whole();
    if (prepared.kinds !== undefined) return prepared.kinds;
    const { sources, heldOut, seed } = prepared;
    const training = sources.collections.rows;
    const asked = heldOut.map(wordsOf);
    const by = training.length > MOST_STATES ? 'words' : 'states';
    const texts = [...training, ...asked];
    const what = 'Kinds of questions: the model reads them';
    const vectors =
      by === 'words'
        ? wordVectors(training, texts)
        : await this.#read(texts, (done, total) => listener({ type: 'progress', what, done, total }));
    const kinds = kindsOf({ training, heldOut: asked, vectors, seed });
    prepared.kinds = kinds && { ...kinds, by };
    return prepared.kinds;
  }

  #measure(rung: Rung, asking: Asking, listener: Listener): Promise<MeasuredRung> {
    const { sources, heldOut, metric } = this.#whole();
    return measureRung({
      ...{ rung, sources, heldOut, metric, asking },
      states: (texts, onRead) => this.#read(texts, onRead),
      onAnswer: (what, done, total) =>
        listener({ type: 'progress', what: `${rung.label}: ${WORDS[what]}`, done, total }),
    });
  }

  async #read(texts: readonly string[], onRead: (done: number, total: number) => void) {
    const { states } = this.#whole();
    const { answers } = this;
    await readStates(answers, texts, states, { goOn: () => refuseStopped(answers), onRead });
    return states;
  }

  #whole(): Prepared {
    if (!this.#prepared) throw new RangeError('no ladder was prepared');
    return this.#prepared;
  }
}

export function ladderFigures({ rungs, skipped, seed, metric, kinds }: LadderFigures): LadderResult {
  return ladderResult(rungs, skipped, seed, { metric, kinds });
}

/** Some rows of a dataset, by their places in it, as if there were no others. */
interface Part extends Pick<RemoteDataset, 'rows' | 'askings' | 'questions'> {
  dataset: RemoteDataset;
  places: readonly number[];
}

function partOf(dataset: RemoteDataset, places: readonly number[]): Part {
  const at = (rows: readonly number[]) => rows.map((row) => places[row]);
  return {
    ...{ dataset, places, rows: places.length },
    askings: (rows) => dataset.askings(at([...rows])),
    questions: (rows) => dataset.questions(at([...rows])),
  };
}

function allOf(dataset: RemoteDataset): Part {
  return partOf(dataset, [...everyRow(dataset)]);
}

function without(places: readonly number[], some: readonly number[]): number[] {
  const left = new Set(some);
  return places.filter((place) => !left.has(place));
}
