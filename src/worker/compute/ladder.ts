import type { Question } from '../../data/forms/questions.ts';
import { metricOf } from '../../data/metric.ts';
import { UserError } from '../../errors.ts';
import type { Criterion } from '../../lab/criterion.ts';
import { sharedRows, withoutHeldOut } from '../../lab/ladder/leaks.ts';
import { type MeasuredRung, measureRung } from '../../lab/ladder/measure.ts';
import { passagesOf } from '../../lab/ladder/passages.ts';
import { commonInstruction } from '../../lab/ladder/prompts.ts';
import { type RungName, rungOf } from '../../lab/ladder/rungs.ts';
import { type Sources, sourcesOf } from '../../lab/ladder/sources.ts';
import type { AdapterUse } from '../api/adapter-use.ts';
import type { LadderPlan, LadderRequest } from '../api/ladder.ts';
import type { Answers } from './answers.ts';
import { askingOf, questionsOf, refuseStopped } from './asking.ts';
import { readStates } from './states.ts';
import { type Listener, needRows, type Workspace } from './workspace.ts';

interface Prepared {
  sources: Sources;
  heldOut: Question[];
  metric: Criterion;
  raw: boolean;
  longest: number;
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
    const given = workspace.dataset('train');
    const held = workspace.dataset('eval');
    needRows(given.report);
    needRows(held.report, 'no-held-out-rows');
    const shared = await sharedRows(given, held);
    if (shared.length === given.rows)
      throw new UserError(
        'no-rows',
        'Every training row asks what a held-out row asks, so that none is left to show or to train on. Nothing was changed. Hold out other rows.',
      );
    if (shared.length > 0) await workspace.leaveOut(shared, listener);
    const rows = await questionsOf(workspace.dataset('train'));
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
    const { longest } = held.report;
    this.#prepared = { sources, heldOut, metric, raw: request.raw, longest, states: new Map() };
    return {
      ...{ heldOut: heldOut.length, withoutQuestion: held.rows - heldOut.length, rows: rows.length },
      passages: passages.length,
      removed: { rows: shared.length, passages: found.length - passages.length },
      ...{ instruction, metric, choosing: sources.choosing.length },
    };
  }

  async measure(name: RungName, adapter: AdapterUse | null, listener: Listener): Promise<MeasuredRung> {
    if (!this.#prepared) throw new RangeError('no ladder was prepared');
    const { sources, heldOut, metric, states } = this.#prepared;
    const { answers } = this;
    const rung = rungOf(name);
    return measureRung({
      ...{ rung, sources, heldOut, metric },
      asking: await askingOf(answers, adapter, this.#prepared),
      async states(texts, onRead) {
        await readStates(answers, texts, states, { goOn: () => refuseStopped(answers), onRead });
        return states;
      },
      onAnswer: (what, done, total) =>
        listener({
          type: 'progress',
          what: `${rung.label}: ${WORDS[what]}`,
          ...{ done, total },
        }),
    });
  }
}
