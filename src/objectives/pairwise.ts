import {
  type Batch,
  exampleCount,
  type LogProbabilities,
  logProbabilitiesOf,
  supervisedRows,
  weightsByExample,
} from '../data/batch.ts';
import { type BatchLayout, batchOf } from '../data/batches.ts';
import type { Example, Labelled } from '../data/types.ts';
import type { ObjectiveName } from './names.ts';
import type { FigureInfo, MicroBatch, Objective, ReferencePass, SeenBatch } from './objective.ts';

/**
 * What the objectives on pairs share: a pair is two rows of the batch, the better answer and then the worse, and every
 * token of an answer has the weight of its answer. The loss is a mean over the pairs of a step.
 */

/** What the model and the reference give to an answer. */
export interface Answer {
  /** Σ log p over its tokens, and their number. */
  sum: number;
  tokens: number;
  /** Σ log p by the reference; NaN where the objective has none. */
  reference: number;
}

export interface PairLoss {
  loss: number;
  /** −∂loss/∂log p of each token: of the better answer, and of the worse. */
  weights: readonly [chosen: number, rejected: number];
  rewards: readonly [chosen: number, rejected: number];
}

/** Cross-entropy of the better row beside the pair's own loss. */
export interface Nll {
  weight: number;
  /** Over the answer alone, or over the prompt too. */
  tokens: 'answer' | 'row';
}

interface Pairwise {
  name: ObjectiveName;
  /** The reference is asked too. */
  hasReference: boolean;
  nll: Nll | null;
  of(chosen: Answer, rejected: Answer): PairLoss;
}

const FIGURES: readonly FigureInfo[] = [
  { key: 'rewards_chosen', label: 'Reward of better answers', better: null },
  { key: 'rewards_rejected', label: 'Reward of worse answers', better: null },
  { key: 'margin', label: 'Margin', better: 'higher' },
  { key: 'accuracy', label: 'Pairs in the right order', better: 'higher' },
];
const NLL_FIGURE: FigureInfo = {
  key: 'cross_entropy',
  label: 'Cross-entropy of better answers',
  better: 'lower',
};

export function pairwise({ name, hasReference, nll, of }: Pairwise): Objective {
  const wholeRows = nll?.tokens === 'row';
  return {
    name,
    rows: 'pairs',
    figures: nll ? [...FIGURES, NLL_FIGURE] : FIGURES,
    rowsPerExample: 2,
    hasReference,
    microBatch(examples, layout) {
      const answers = pairBatch(examples, layout);
      const batch = wholeRows ? pairBatch(examples.map(withPrompt), layout) : answers;
      const keys = examples.flatMap(({ index }) => [2 * index, 2 * index + 1]);
      return {
        batch,
        policy: [batch],
        ...(hasReference && { reference: [{ batch: answers, keys } satisfies ReferencePass] }),
        ...(wholeRows && { answers }),
      } satisfies MicroBatch;
    },
    count: (batches) => batches.reduce((sum, batch) => sum + exampleCount(batch) / 2, 0),
    weigh(seen) {
      const pairs = seen.map((one) => pairsOf(one).map(([chosen, rejected]) => of(chosen, rejected)));
      const all = pairs.flat();
      const mean = (value: (pair: PairLoss) => number) =>
        all.reduce((sum, pair) => sum + value(pair), 0) / all.length;
      const better = nll && betterRows(seen);
      const loss = mean((pair) => pair.loss);
      return {
        weights: seen.map((one, i) =>
          tokenWeights(one, pairs[i], better ? (nll.weight * all.length) / better.tokens : 0),
        ),
        loss: better ? loss + nll.weight * better.crossEntropy : loss,
        figures: {
          rewards_chosen: mean(({ rewards }) => rewards[0]),
          rewards_rejected: mean(({ rewards }) => rewards[1]),
          margin: mean(({ rewards }) => rewards[0] - rewards[1]),
          accuracy: mean(({ rewards }) => (rewards[0] > rewards[1] ? 1 : 0)),
          ...(better && { cross_entropy: better.crossEntropy }),
        },
      };
    },
  };
}

/** Pairs as rows of a batch: better, worse, better, worse. */
function pairBatch(examples: readonly Example[], layout: BatchLayout): Batch {
  const rows = examples.flatMap((example) => {
    const { rejected } = example;
    if (!rejected) throw new TypeError(`line ${example.line} is no pair`);
    return [example, rejected];
  });
  return batchOf(rows, layout);
}

/** The better row with every token supervised, its prompt's too; a first one is never predicted. */
function withPrompt(example: Example): Example {
  const every = ({ ids }: Labelled) => ids.map((id, i) => (i === 0 ? -100 : id));
  return { ...example, labels: every(example) };
}

/** Both answers of each pair. */
function pairsOf({ policy: [whole], reference: [reference], answers }: SeenBatch): [Answer, Answer][] {
  const { sum, tokens } = answers ? within(answers, whole) : whole;
  const answer = (i: number): Answer => ({
    sum: sum[i],
    tokens: tokens[i],
    reference: reference?.[i] ?? Number.NaN,
  });
  return Array.from({ length: sum.length / 2 }, (_, pair) => [answer(2 * pair), answer(2 * pair + 1)]);
}

/** Of what was given to the tokens of a batch, what a batch of the same rows with fewer labels has. */
function within(batch: Batch, { each }: LogProbabilities): LogProbabilities {
  const supervised = supervisedRows(batch);
  const losses = Float32Array.from({ length: supervised.count }, (_, i) => -each[supervised.index[i] + 1]);
  return logProbabilitiesOf(batch, supervised, losses);
}

/** Over the better rows of the step, as in supervised training: a mean over all of their supervised tokens. */
function betterRows(seen: readonly SeenBatch[]): { tokens: number; crossEntropy: number } {
  let tokens = 0;
  let sum = 0;
  for (const { policy } of seen)
    for (let i = 0; i < policy[0].sum.length; i += 2) {
      tokens += policy[0].tokens[i];
      sum -= policy[0].sum[i];
    }
  return { tokens, crossEntropy: sum / tokens };
}

/** @param nll what the cross-entropy of a better row's token weighs */
function tokenWeights({ batch, answers }: SeenBatch, pairs: readonly PairLoss[], nll: number): Float32Array {
  const weights = weightsByExample(
    batch,
    pairs.flatMap((pair) => [...pair.weights]),
  );
  if (answers) for (let at = 0; at < weights.length; at++) if (answers.labels[at] < 0) weights[at] = 0;
  if (nll === 0) return weights;
  const more = weightsByExample(
    batch,
    pairs.flatMap(() => [nll, 0]),
  );
  return weights.map((weight, at) => weight + more[at]);
}

/** log(1 + eˣ), of any x. */
export function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** 1 / (1 + e⁻ˣ) */
export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}
