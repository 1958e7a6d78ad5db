import { expect, test } from 'vitest';
import { bundledLadder, sampleRows } from '../../lab/ladder/bundled.ts';

test('the evaluation data are answered, or rows of the training data, and as many as are asked for', async () => {
  const facts = await sampleRows('facts.jsonl');
  const { answers, engine } = await bundledLadder(facts.slice(0, 4), facts.slice(4, 7));
  const told: number[][] = [];
  const score = async (given: { rows?: number[]; most?: number }) => {
    const request = { adapter: null, raw: false, shots: 0, ...given };
    const { answers: said } = await answers.score(request, (event) => {
      if (event.type === 'progress') told.push([event.done, event.total ?? 0]);
    });
    return said.map(({ line, reference }) => [line, JSON.parse(reference).city]);
  };
  const city = (row: number) =>
    JSON.parse((facts[row].messages as { content: string }[]).at(-1)!.content).city;
  expect(await score({})).toEqual([4, 5, 6].map((row) => [row - 3, city(row)]));
  expect(await score({ most: 2 })).toHaveLength(2);
  told.length = 0;
  expect(await score({ rows: [2, 0, 1], most: 2 })).toEqual([
    [3, city(2)],
    [1, city(0)],
  ]);
  expect(told).toEqual([0, 1, 2].map((done) => [done, 2]));
  await engine.dispose();
});
