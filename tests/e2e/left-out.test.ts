import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openDataset } from '../../src/data/dataset.ts';
import type { Example } from '../../src/data/types.ts';
import { WordSearch } from '../../src/lab/ladder/search.ts';
import { initialAdapter } from '../../src/methods/parameters.ts';
import type { LoraSettings } from '../../src/methods/types.ts';
import { parseConfig } from '../../src/model/families/parse.ts';
import { openFolder } from '../../src/weights/folder.ts';
import { tinyTokenizer } from '../unit/data/text/tiny-tokenizer.ts';
import { processorEngineOver } from '../unit/engine/processor/processor-engine.ts';
import { leaveEachOut, rankCorrelation } from '../unit/lab/influence/left-out.ts';
import { MODEL_FILES } from '../unit/lab/ladder/bundled.ts';
import { projectFile } from './command-line.ts';

/**
 * How well the influence of rows on an answer tells what leaving each of them out does to it: the bundled model on 16 rows
 * of its samples, and four held-out ones as answers (docs/lab.md has the table).
 */

const LORA: LoraSettings = {
  ...{ rank: 8, alpha: 16, dropout: 0 },
  targets: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
};
const RUN = { batch: 4, epochs: 3, learningRate: 1e-3, seed: 1, looks: [4, 8, 12] };
/** The first of a sample are trained on; those from here are asked. */
const HELD_OUT = 100;

const linesOf = (sample: string) =>
  readFileSync(projectFile(`public/samples/${sample}`), 'utf8')
    .trimEnd()
    .split('\n');

/** So many rows of each sample, and so many that are held out. */
async function rowsOf(samples: readonly string[], trained: number, asked: number) {
  const tokenizer = await tinyTokenizer();
  const rows: Example[] = [];
  const answers: Example[] = [];
  const texts: { rows: string[]; answers: string[] } = { rows: [], answers: [] };
  for (const sample of samples) {
    const lines = linesOf(sample);
    const own = [lines.slice(0, trained), lines.slice(HELD_OUT, HELD_OUT + asked)];
    const opened = await openDataset(new File([own.flat().join('\n')], sample), tokenizer, {
      maxLength: 128,
      raw: false,
    });
    const examples = await opened.examples([...Array(opened.rows).keys()]);
    rows.push(...examples.slice(0, trained));
    answers.push(...examples.slice(trained));
    texts.rows.push(...own[0]);
    texts.answers.push(...own[1]);
  }
  return { rows, answers, texts };
}

async function bundledEngine() {
  const source = await openFolder(
    MODEL_FILES.map((path) => ({
      path: `tiny/${path}`,
      blob: new Blob([readFileSync(projectFile(`public/models/tiny/${path}`))]),
    })),
  );
  const config = parseConfig(source.config, source.tensors, source.generationConfig);
  return processorEngineOver({ source, config }, LORA, { maxRows: 4, maxLength: 128 });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

test.each([
  { samples: ['pirate.jsonl', 'classify.jsonl'], trained: 8, asked: 2 },
  { samples: ['classify.jsonl'], trained: 16, asked: 4 },
  { samples: ['pirate.jsonl'], trained: 16, asked: 4 },
])('of $samples the rows that pull like an answer are those that it misses', async (given) => {
  const { rows, answers, texts } = await rowsOf(given.samples, given.trained, given.asked);
  const engine = await bundledEngine();
  const start = initialAdapter(engine.modules, LORA, RUN.seed);
  const { influence, change } = await leaveEachOut(engine, { ...RUN, start, rows, answers });
  const search = new WordSearch(texts.rows);
  const byWords = texts.answers.map((text) => {
    const found = search.find(text, rows.length);
    return rows.map((_, row) => (found.includes(row) ? rows.length - found.indexOf(row) : 0));
  });
  const against = (scores: readonly number[][]) =>
    mean(scores.map((of, answer) => rankCorrelation(of, change[answer])));
  const found = { influence: against(influence), words: against(byWords) };
  console.log(given.samples.join(' and '), found);
  expect(found.influence).toBeGreaterThan(0.4);
  expect(found.influence).toBeGreaterThan(found.words);
  await engine.dispose();
});
