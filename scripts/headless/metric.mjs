import { readFileSync } from 'node:fs';
import { usage } from './failure.mjs';
import { adapterInput, fileInput, readInput } from './inputs.mjs';
import { labModules } from './lab.mjs';

/** `--metric` of the commands, and the answers that it judges. */

/** @typedef {import('../../src/lab/criterion.ts').Criterion} Criterion */
/** @typedef {import('../../src/data/metric.ts').Pair} Pair */
/** @typedef {typeof import('../../src/lab/criterion.ts') & typeof import('../../src/lab/statistics.ts') & typeof import('../../src/data/metric.ts') & typeof import('../../src/data/scores.ts')} Judging */

/** @type {() => Promise<Judging>} */
export const judging = () => labModules('lab/criterion', 'lab/statistics', 'data/metric', 'data/scores');

/** @returns {Criterion | null} null where the flag was not given */
export function metricInput(
  /** @type {Pick<Judging, 'criterionOf'>} */ { criterionOf },
  /** @type {string | undefined} */ given,
) {
  return given === undefined ? null : readInput('metric', () => criterionOf(given));
}

/** The share of what is right with its 95 % bootstrap interval, both in [0, 1]. */
export function judged(
  /** @type {Judging} */ { criterionKey, judgeOf, shareOf, bootstrapInterval },
  /** @type {Criterion} */ criterion,
  /** @type {readonly Pair[]} */ answers,
) {
  const rows = answers.map(judgeOf(criterion));
  return { name: criterionKey(criterion), value: shareOf(rows), interval: bootstrapInterval(rows, 0) };
}

/**
 * The held-out rows of a run, answered by its adapter and by what it began with: an adapter, else the base.
 * @param {import('./browser.mjs').Headless} headless
 * @param {{ lab: Judging, criterion: Criterion, settings: { evalFraction: number, seed: number, raw: boolean }, out: string, initAdapter: string[] | null, heldOut: 'file' | 'share', most?: number }} run
 *   `out` has the adapter; `heldOut`: the open evaluation data, or a share of the training data
 */
export async function judgeRun(
  { page, bridge },
  { lab, criterion, settings, out, initAdapter, heldOut, most },
) {
  const { evalFraction, seed, raw } = settings;
  const rows =
    heldOut === 'share'
      ? await bridge.evaluate((lowrank, given) => lowrank.heldOutRows(given), { evalFraction, seed })
      : undefined;
  const answers = async (/** @type {string[] | null} */ adapter) => {
    if (adapter) {
      await page.setInputFiles('#adapter', adapter);
      await bridge.evaluate((lowrank) => lowrank.setAdapter());
    }
    const request = { strength: adapter ? 1 : 0, raw, shots: 0, rows, most };
    return (await bridge.evaluate((lowrank, given) => lowrank.score(given), request)).answers;
  };
  const after = await answers(adapterInput(out, 'out'));
  if (after.length === 0)
    throw usage(
      '--metric: no held-out row has a question and an answer. The adapter is in --out and safe. Hold out other rows.',
    );
  const { value: before } = judged(lab, criterion, await answers(initAdapter));
  const { name, value, interval } = judged(lab, criterion, after);
  return { name, before, after: value, interval, rows: after.length };
}

/** In words. */
export function metricLine(/** @type {ReturnType<typeof judged>} */ { name, value, interval }) {
  const [share, from, to] = [value, ...interval].map((one) => (100 * one).toFixed(1));
  return `${name}: ${share} % (95 % interval ${from} to ${to})`;
}

/**
 * Answers that `evaluate --generate --json` wrote, or a list of them.
 * @returns {Pair[]}
 */
export function answersInput(/** @type {string} */ given) {
  const path = fileInput('answers', given);
  const wanted =
    'Give what evaluate --generate --json wrote, or a JSON list of objects with answer and reference.';
  /** @type {any} */
  let read;
  try {
    read = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw usage(`--answers: ${given} is not JSON. ${wanted}`);
  }
  const answers = Array.isArray(read) ? read : read?.answers;
  if (!Array.isArray(answers) || answers.length === 0)
    throw usage(`--answers: ${given} has no answers. ${wanted}`);
  answers.forEach((one, i) => {
    for (const key of ['answer', 'reference'])
      if (typeof one?.[key] !== 'string')
        throw usage(`--answers: the ${key} of number ${i + 1} in ${given} is not a text. ${wanted}`);
  });
  return answers;
}
