import { exampleCount, weightsByExample } from '../data/batch.ts';
import { batchOf } from '../data/batches.ts';
import type { Example } from '../data/types.ts';
import type { Objective, ObjectiveSettings, SeenBatch } from './objective.ts';
import { sigmoid } from './pairwise.ts';

/**
 * Kahneman–Tversky optimisation (arXiv 2402.01306), on single answers that are good or bad:
 *
 *     good: L = 1 − σ(β (r − z)),  bad: L = 1 − σ(β (z − r)),  r = log π − log π^ref
 *
 * z, how far the policy has moved from the reference altogether, is the mean of r over the micro-batch with each answer
 * put after the prompt of the next row, and at least 0; no gradient goes through it. That needs rows beside a row: of a
 * batch of one, z would be r itself.
 */
export function kto({ beta }: ObjectiveSettings): Objective {
  return {
    name: 'kto',
    rows: 'verdicts',
    figures: [
      { key: 'rewards_chosen', label: 'Reward of good answers', better: 'higher' },
      { key: 'rewards_rejected', label: 'Reward of bad answers', better: 'lower' },
      { key: 'margin', label: 'Margin', better: 'higher' },
      { key: 'kl', label: 'KL from the reference', unit: 'nats', better: null },
    ],
    rowsPerExample: 1,
    hasReference: true,
    recombines: true,
    microBatch(examples, layout) {
      const batch = batchOf(examples, layout);
      const others = examples.map((example, i) =>
        withAnswerOf(example, examples.at(i - 1)!, layout.maxLength),
      );
      const mismatched = batchOf(others, layout);
      return {
        batch,
        policy: [batch, mismatched],
        // An epoch puts other rows beside each other: what is mismatched is not met again.
        reference: [{ batch, keys: examples.map(({ index }) => index) }, { batch: mismatched }],
        good: examples.map(verdictOn),
      };
    },
    count: (batches) => batches.reduce((sum, batch) => sum + exampleCount(batch), 0),
    weigh(seen) {
      const judged = seen.map((one) => judge(one, beta));
      const all = judged.flatMap(({ answers }) => answers);
      const meanReward = (of: boolean) => {
        const rewards = all.filter(({ good }) => good === of).map(({ reward }) => reward);
        // NaN where the step has none of them.
        return rewards.reduce((a, b) => a + b, 0) / rewards.length;
      };
      const [good, bad] = [meanReward(true), meanReward(false)];
      return {
        weights: seen.map(({ batch }, i) =>
          weightsByExample(
            batch,
            judged[i].answers.map(({ weight }) => weight),
          ),
        ),
        loss: all.reduce((sum, { loss }) => sum + loss, 0) / all.length,
        figures: {
          rewards_chosen: good,
          rewards_rejected: bad,
          margin: good - bad,
          kl: judged.reduce((sum, { kl }) => sum + kl, 0) / judged.length,
        },
      };
    },
  };
}

function judge({ policy, reference, good = [] }: SeenBatch, beta: number) {
  const ratios = (pass: number) => policy[pass].sum.map((sum, i) => sum - reference[pass][i]);
  const moved = ratios(1);
  const kl = Math.max(0, moved.reduce((a, b) => a + b, 0) / moved.length);
  const answers = Array.from(ratios(0), (ratio, i) => {
    const sign = good[i] ? 1 : -1;
    const value = sigmoid(sign * beta * (ratio - kl));
    return {
      good: good[i],
      reward: beta * ratio,
      loss: 1 - value,
      weight: sign * beta * value * (1 - value),
    };
  });
  return { kl, answers };
}

function verdictOn({ good, line }: Example): boolean {
  if (good === undefined) throw new TypeError(`line ${line} has no verdict`);
  return good;
}

/** A row's prompt, and after it the answer of another, cut to length. */
function withAnswerOf(row: Example, other: Example, maxLength: number): Example {
  const begin = answerOf(row);
  const from = answerOf(other);
  const join = (key: 'ids' | 'labels') =>
    Int32Array.from([...row[key].subarray(0, begin), ...other[key].subarray(from)]).slice(0, maxLength);
  return { ...row, ids: join('ids'), labels: join('labels') };
}

/** Where the answer begins. */
function answerOf({ labels }: Example): number {
  return labels.findIndex((label) => label >= 0);
}
