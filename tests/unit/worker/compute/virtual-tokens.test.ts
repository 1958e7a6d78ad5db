import { expect, test } from 'vitest';
import { initialAdapter, sitesOf } from '../../../../src/methods/parameters.ts';
import type { PromptSettings } from '../../../../src/methods/types.ts';
import { nearestRows, virtualTokens } from '../../../../src/worker/compute/virtual-tokens.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
import { type Fixture, openFixture, sourceOf } from '../../model/fixture.ts';
import { readFixture } from '../../read-fixture.ts';

const open = (name: string) =>
  openFixture((file) => readFixture(new URL(`../../model/fixtures/${name}/${file}`, import.meta.url)));
const workspaceOf = (f: Fixture) =>
  ({
    model: { source: sourceOf(f), config: f.config },
    data: { decode: async ([id]: number[]) => `word ${id}` },
  }) as unknown as Pick<Workspace, 'model' | 'data'>;
const settings: PromptSettings = { method: 'prompt', virtualTokens: 3 };

/** A prompt of these embeddings of the fixture, each times a number. */
function promptOf(f: Fixture, rows: readonly [id: number, times: number][]) {
  const { hidden, family } = f.config;
  const { data } = f.tensors.get(family.tensors.embedding)!;
  const weights = initialAdapter(sitesOf(f.config, settings), settings, 1);
  const values = rows.flatMap(([id, times]) =>
    [...data.subarray(id * hidden, (id + 1) * hidden)].map((value) => value * times),
  );
  weights.values.set('prompt.prompt_embeddings', Float32Array.from(values));
  return weights;
}

test.each(['llama', 'gemma3', 'gpt2'])(
  'embeddings are nearest to their own tokens, however long: %s',
  async (name) => {
    const f = await open(name);
    const rows: [number, number][] = [
      [7, 1],
      [0, 3],
      [f.config.vocab - 1, 0.5],
    ];
    const begun = promptOf(f, rows);
    const told = (await virtualTokens(workspaceOf(f), promptOf(f, [[7, 1.5], rows[1], [5, -1]]), begun, 4))!;
    expect(told.map(({ nearest }) => nearest[0].id).slice(0, 2)).toEqual([7, 0]);
    for (const { nearest } of told) {
      expect(nearest).toHaveLength(4);
      for (const { id, text } of nearest) expect(text).toBe(`word ${id}`);
      expect(nearest.map(({ cosine }) => cosine)).toEqual(
        [...nearest.map(({ cosine }) => cosine)].sort((a, b) => b - a),
      );
    }
    expect(told[0].nearest[0].cosine).toBeCloseTo(1, 6);
    expect(told[2].nearest.some(({ id }) => id === 5)).toBe(false);
    expect(told[0].moved).toBeCloseTo(0.5, 6);
    expect(told[1].moved).toBe(0);
    const unknown = await virtualTokens(workspaceOf(f), promptOf(f, rows), null, 1);
    expect(unknown!.map(({ moved }) => moved)).toEqual([null, null, null]);
  },
);

test('cosines are those of every row, whatever pieces the table comes in', async () => {
  const width = 5;
  const table = Float32Array.from({ length: 40 * width }, (_, i) => Math.sin(12.9898 * (i + 1)));
  // A token that was never trained.
  table.fill(0, 3 * width, 4 * width);
  const of = Float32Array.from({ length: 2 * width }, (_, i) => Math.cos(3 * i));
  const inPieces = async function* (rows: number) {
    for (let first = 0; first < 40; first += rows)
      yield { first, rows: table.subarray(first * width, Math.min(40, first + rows) * width) };
  };
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const expected = [0, 1].map((i) => {
    const own = of.subarray(i * width, (i + 1) * width);
    return Array.from({ length: 40 }, (_, id) => id)
      .filter((id) => id !== 3)
      .map((id) => {
        const row = table.subarray(id * width, (id + 1) * width);
        return { id, cosine: dot(own, row) / Math.sqrt(dot(own, own) * dot(row, row)) };
      })
      .sort((a, b) => b.cosine - a.cosine)
      .slice(0, 6);
  });
  for (const rows of [1, 7, 40]) {
    const found = await nearestRows(of, width, inPieces(rows), 6);
    found.forEach((list, i) => {
      expect(list.map(({ id }) => id)).toEqual(expected[i].map(({ id }) => id));
      for (const [k, { cosine }] of list.entries()) expect(cosine).toBeCloseTo(expected[i][k].cosine, 6);
    });
  }
});

test('another adapter has no words', async () => {
  const f = await open('llama');
  expect(await virtualTokens(workspaceOf(f), f.initial, null, 3)).toBeNull();
});
