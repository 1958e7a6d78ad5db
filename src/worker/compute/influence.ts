import { heldOutSplit, padBatch, paddedLength } from '../../data/batches.ts';
import type { Labelled } from '../../data/types.ts';
import { UserError } from '../../errors.ts';
import { influenceOf, stepsToLookAt } from '../../lab/influence/influence.ts';
import { sketch } from '../../lab/influence/sketch.ts';
import { WordSearch } from '../../lab/ladder/search.ts';
import type { Influence, InfluenceRequest, PullingRow } from '../api/influence.ts';
import type { RemoteDataset } from '../files/data-client.ts';
import type { Answers } from './answers.ts';
import { placedQuestionsOf } from './asking.ts';
import { spread } from './measures.ts';
import type { Shelf, ShelvedAdapter } from './shelf.ts';
import { everyRow, type Listener } from './workspace.ts';

/** Rows whose gradients are computed; of more, so many evenly spread. */
const MOST_ROWS = 256;
/** Adapters of a run that are looked at, the one that answers among them. */
const LOOKS = 3;
/** Of the random signs and places of the sketches. */
const SEED = 1;

/** Sketches of the rows of one dataset, by adapter and place. */
interface Sketched {
  of: RemoteDataset;
  rows: Map<string, Float32Array>;
}

/** What an answer was learned from: see lab/influence. One question at a time; the next, or `cancel`, ends it. */
export class Influences {
  #turn = 0;
  /** Of what was asked about last: the next answer of the same adapter needs one gradient at each look. */
  #kept: Sketched | null = null;

  constructor(
    readonly answers: Answers,
    readonly shelf: Shelf,
  ) {}

  cancel(): void {
    this.#turn++;
  }

  /** @throws UserError `not-its-rows`, `no-prompt`, `stopped`; as `Shelf.whole` */
  async of(request: InfluenceRequest, listener: Listener): Promise<Influence> {
    const mine = ++this.#turn;
    const { workspace } = this.answers;
    const dataset = workspace.dataset('train');
    const adapter = this.shelf.whole(request.adapter);
    const trained = trainedRows(adapter, dataset);
    if (request.answer.trim() === '')
      throw new UserError('no-prompt', 'The answer is empty: no row can have led to it. Ask something else.');
    const goOn = () => {
      if (mine !== this.#turn || workspace.trainingData !== dataset)
        throw new UserError('stopped', 'Stopped. Nothing was changed.');
    };
    const asked = { line: 0, turns: [{ role: 'user', content: request.prompt }], reference: request.answer };
    const { ids, begin, end } = await workspace.data.answered(asked, request.raw, workspace.date);
    const answer = {
      ids: Int32Array.from(ids),
      labels: Int32Array.from(ids, (id, i) => (i >= begin && i < end ? id : -100)),
    };
    listener({ type: 'progress', what: 'Searching by words', done: 0, total: null });
    const nearest = await nearestByWords(
      dataset,
      trained,
      `${request.prompt}\n${request.answer}`,
      request.most,
    );
    const compared = [...new Set([...nearest, ...spread(trained, MOST_ROWS)])].sort((a, b) => a - b);
    goOn();

    const looks = this.#looks(adapter);
    const kept = this.#keptOf(dataset, looks);
    const ofAnswer: Float32Array[] = [];
    let done = 0;
    for (const look of looks) {
      ofAnswer.push(await this.#sketch(look, answer, dataset));
      const missing = compared.filter((row) => !kept.has(`${look} ${row}`));
      done += compared.length - missing.length;
      for (const row of missing) {
        goOn();
        const [example] = await dataset.examples([row]);
        if (example) kept.set(`${look} ${row}`, await this.#sketch(look, example, dataset));
        const total = looks.length * compared.length;
        listener({ type: 'progress', what: 'Comparing with rows', done: ++done, total });
      }
    }
    goOn();
    const cosines = new Map<number, number>();
    for (const row of compared) {
      const ofRow = looks.flatMap((look) => kept.get(`${look} ${row}`) ?? []);
      if (ofRow.length === looks.length) cosines.set(row, influenceOf(ofAnswer, ofRow));
    }
    const first = [...cosines].sort(([a, x], [b, y]) => y - x || a - b).slice(0, request.most);
    const shown = (row: number) => shownRow(dataset, row, cosines.get(row) ?? 0);
    return {
      pulling: await Promise.all(first.map(([row]) => shown(row))),
      nearest: await Promise.all(nearest.filter((row) => cosines.has(row)).map(shown)),
      compared: cosines.size,
      trained: trained.length,
      steps: looks.slice(0, -1).map((look) => Number(look.split('@')[1])),
    };
  }

  /** Ids of the adapters to look at, in the order of their steps: some of before, and the one that answers. */
  #looks({ id, record }: ShelvedAdapter): string[] {
    const [run, step] = id.split('@');
    const { steps = 0, eval: measured } = record?.metrics ?? {};
    const left = record?.settings.keep === 'last' ? steps : (measured?.best_step ?? steps);
    const own = step === undefined ? left : Number(step);
    const before = this.shelf.steps(run).filter((other) => other > 0 && other < own);
    return [...stepsToLookAt(before, LOOKS - 1).map((other) => `${run}@${other}`), id];
  }

  async #sketch(
    id: string,
    row: Pick<Labelled, 'ids' | 'labels'>,
    dataset: RemoteDataset,
  ): Promise<Float32Array> {
    const atOnce = paddedLength(row.ids.length);
    return this.answers.using(
      { id, strength: 1 },
      { longest: dataset.report.longest, atOnce, gradients: true },
      async (engine) =>
        sketch(await engine.gradient!(padBatch([{ ids: row.ids, labels: row.labels, truncated: 0 }])), SEED),
    );
  }

  /** What is known of these rows at these adapters; of others it is forgotten. */
  #keptOf(of: RemoteDataset, looks: readonly string[]): Map<string, Float32Array> {
    if (this.#kept?.of !== of) this.#kept = { of, rows: new Map() };
    const { rows } = this.#kept;
    for (const key of rows.keys()) if (!looks.includes(key.split(' ')[0])) rows.delete(key);
    return rows;
  }
}

/**
 * The rows that an adapter was trained on, where the open data are its own.
 * @throws UserError `not-its-rows`
 */
function trainedRows({ record }: ShelvedAdapter, { report, rows }: RemoteDataset): ArrayLike<number> {
  const refuse = (why: string) =>
    new UserError('not-its-rows', `${why} Nothing was changed. Open the rows that it was trained on.`);
  if (report.rowKind !== 'answers')
    throw new UserError(
      'not-its-rows',
      'The rows are pairs or verdicts, whose gradients depend on what the answers are compared with. Which of them led to an answer is only traced for rows with plain answers. Nothing was changed.',
    );
  if (!record) throw refuse('This adapter came without a record of its run, so its rows are not known.');
  const { sha256, rows_used, rows_held_out, rows_trained } = record.dataset;
  if (sha256 !== report.sha256 || rows_used !== rows)
    throw refuse('The open rows are not those that this adapter was trained on.');
  if (rows_trained === rows) return everyRow({ rows });
  const { train } = heldOutSplit(rows, record.settings.evalFraction ?? 0, record.seed, rows_held_out);
  if (rows_trained !== undefined && rows_trained !== train.length)
    throw refuse('This adapter was trained on a choice of the open rows that is not known.');
  return train;
}

/** Of the trained rows those whose question and answer share most with a text. */
async function nearestByWords(
  dataset: RemoteDataset,
  trained: ArrayLike<number>,
  text: string,
  most: number,
): Promise<number[]> {
  const placed = await placedQuestionsOf(dataset, trained);
  const texts = placed.map(({ question: { turns, reference } }) =>
    [...turns.map(({ content }) => content), reference].join('\n'),
  );
  return new WordSearch(texts).find(text, most).map((place) => placed[place].place);
}

async function shownRow(dataset: RemoteDataset, row: number, cosine: number): Promise<PullingRow> {
  const [{ question, answer }] = await dataset.preview(row, row + 1);
  return { row, question, answer, cosine };
}
