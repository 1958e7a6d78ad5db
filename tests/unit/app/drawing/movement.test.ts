import { expect, test } from 'vitest';
import { farthest } from '../../../../src/app/answers/farthest.ts';
import { labelledLayers, movementGrid } from '../../../../src/app/drawing/movement-grid.ts';

const movement = {
  modules: [
    { layer: 0, target: 'v_proj' },
    { layer: 0, target: 'q_proj' },
    { layer: 2, target: 'q_proj' },
  ],
  values: [0.01, 0.03, 0.02],
};

test('targets stand in the order of the model, layers without an adapter are empty', () => {
  expect(movementGrid(movement, ['q_proj', 'k_proj', 'v_proj'])).toEqual({
    targets: ['q_proj', 'v_proj'],
    layers: 3,
    values: [
      [0.03, null, 0.02],
      [0.01, null, null],
    ],
    most: { target: 'q_proj', layer: 0, value: 0.03 },
  });
});

test('the farthest come first, targets by their mean', () => {
  expect(farthest(movement, 2)).toEqual({
    modules: [
      { name: '0 q_proj', value: 0.03 },
      { name: '2 q_proj', value: 0.02 },
    ],
    targets: [
      { name: 'q_proj', value: 0.025 },
      { name: 'v_proj', value: 0.01 },
    ],
  });
});

test.each([
  [1, [0]],
  [6, [0, 1, 2, 3, 4, 5]],
  [30, [0, 5, 10, 15, 20, 25, 29]],
  [32, [0, 5, 10, 15, 20, 25, 31]],
])('of %i layers those with a number are %j', (layers, shown) => {
  expect([...labelledLayers(layers)]).toEqual(shown);
});
