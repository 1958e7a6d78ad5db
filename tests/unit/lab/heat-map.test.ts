import { expect, test } from 'vitest';
import { heatMapScene } from '../../../src/lab/heat-map.ts';

const cells = [
  { layer: 0, target: 'q_proj', value: 1 },
  { layer: 0, target: 'v_proj', value: -1 },
  { layer: 1, target: 'q_proj', value: 0 },
  { layer: 1, target: 'v_proj', value: null },
];

test('a cell for each part, from the colour of −1 through white to that of 1, with its number', () => {
  const { lines, words, width, height } = heatMapScene(cells);
  expect(lines.map(({ color }) => color)).toEqual(['#0a7d6c', '#b3261e', '#ffffff', '#efeeea']);
  expect(lines.every(({ fill }) => fill)).toBe(true);
  expect(words.map(({ text }) => text)).toEqual([
    ...['1.00', '−1.00', '0.00', '–'],
    ...['q_proj', 'v_proj', '0', '1', 'Layer'],
  ]);
  // Layers run to the right, targets down.
  const at = lines.map(({ path }) => /^M(\d+) (\d+)/.exec(path)!.slice(1).map(Number));
  expect(at[2][0]).toBeGreaterThan(at[0][0]);
  expect(at[1][1]).toBeGreaterThan(at[0][1]);
  for (const { x, y } of words) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(width);
    expect(y).toBeLessThan(height);
  }
  // A number can be read on its cell.
  expect(words[0].color).toBe('#ffffff');
  expect(words[2].color).toBe('#1c1c1a');
});

test('of many layers cells are narrow, and every fifth layer is named', () => {
  const many = Array.from({ length: 32 }, (_, layer) => ({ layer, target: 'q_proj', value: 0.1 }));
  const { words, width } = heatMapScene(many);
  expect(words.map(({ text }) => text)).toEqual(['q_proj', '0', '5', '10', '15', '20', '25', '30', 'Layer']);
  expect(width).toBeLessThan(900);
});
