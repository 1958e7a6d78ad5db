import { epochOrder, padBatch, rowsOfStep } from '../../../../src/data/batches.ts';
import type { Labelled } from '../../../../src/data/types.ts';
import type { Engine } from '../../../../src/engine/engine.ts';
import { influenceOf } from '../../../../src/lab/influence/influence.ts';
import { sketch } from '../../../../src/lab/influence/sketch.ts';
import { joinValues } from '../../../../src/methods/parameters.ts';
import type { AdapterWeights } from '../../../../src/methods/types.ts';
import { ADAMW } from '../../../../src/ops/adamw.ts';

/**
 * What leaving a training row out does to the loss of an answer, beside what its gradient said of it: the run is trained
 * again without the row, from the same start, with the other rows in the same steps.
 */

type Row = Pick<Labelled, 'ids' | 'labels'>;

export interface LeftOutRun {
  start: AdapterWeights;
  rows: readonly Row[];
  answers: readonly Row[];
  batch: number;
  epochs: number;
  learningRate: number;
  seed: number;
  /** Steps after which the adapter is looked at. */
  looks: readonly number[];
}

export interface LeftOut {
  /** [answers][rows] */
  influence: number[][];
  /** L(answer | without the row) − L(answer | with it): what the row did for the answer. [answers][rows] */
  change: number[][];
  /** Loss of each answer before and after. */
  before: number[];
  after: number[];
}

const batchOf = (rows: readonly Row[]) => padBatch(rows.map((row) => ({ ...row, truncated: 0 })));

export async function leaveEachOut(engine: Engine, run: LeftOutRun): Promise<LeftOut> {
  const { rows, answers } = run;
  const lossesOf = async (strength: number) => {
    const losses: number[] = [];
    for (const answer of answers) {
      const { lossSum, tokens } = await engine.evaluate(batchOf([answer]), strength);
      losses.push(lossSum / tokens);
    }
    return losses;
  };
  const sketches = new Map<Row, Float32Array[]>([...rows, ...answers].map((row) => [row, []]));
  const before = await lossesOf(0);
  await train(engine, run, null, async () => {
    for (const [row, own] of sketches) own.push(sketch(await engine.gradient!(batchOf([row])), 1));
  });
  const after = await lossesOf(1);
  const change: number[][] = answers.map(() => []);
  for (const out of rows.keys()) {
    await train(engine, run, out);
    (await lossesOf(1)).forEach((loss, i) => {
      change[i].push(loss - after[i]);
    });
  }
  const influence = answers.map((answer) =>
    rows.map((row) => influenceOf(sketches.get(answer)!, sketches.get(row)!)),
  );
  return { influence, change, before, after };
}

async function train(
  engine: Engine,
  { start, rows, batch, epochs, learningRate, seed, looks }: LeftOutRun,
  without: number | null,
  look?: () => Promise<void>,
): Promise<void> {
  const zeros = new Float32Array(joinValues(start).length);
  await engine.setAdapter(start);
  await engine.setOptimizer({ m: zeros, v: zeros });
  const perEpoch = Math.ceil(rows.length / batch);
  for (let step = 1; step <= epochs * perEpoch; step++) {
    const epoch = Math.floor((step - 1) / perEpoch);
    const order = epochOrder([...rows.keys()], seed, epoch);
    const [chosen] = rowsOfStep(order, (step - 1) % perEpoch, batch, 1);
    const kept = [...chosen].filter((row) => row !== without).map((row) => rows[row]);
    if (kept.length > 0)
      await engine.step([batchOf(kept)], step, { ...ADAMW, learningRate, weightDecay: 0, clip: 1 });
    if (look && looks.includes(step)) await look();
  }
}

/** Spearman’s rank correlation, −1 to 1; equals have the mean of their ranks. */
export function rankCorrelation(x: readonly number[], y: readonly number[]): number {
  const [a, b] = [ranksOf(x), ranksOf(y)];
  const mean = (x.length - 1) / 2;
  let [both, ofA, ofB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    both += (a[i] - mean) * (b[i] - mean);
    ofA += (a[i] - mean) ** 2;
    ofB += (b[i] - mean) ** 2;
  }
  return both / Math.sqrt(ofA * ofB);
}

function ranksOf(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}
