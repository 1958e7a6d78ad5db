import type { Movement } from '../state/run.ts';

/** How far each part has moved, as a table: a row a target, a column a layer, null where there is no adapter. */
export interface MovementGrid {
  targets: string[];
  layers: number;
  /** By row, then by layer. */
  values: (number | null)[][];
  most: { target: string; layer: number; value: number } | null;
}

export function movementGrid(
  movement: Pick<Movement, 'modules' | 'values'>,
  order: readonly string[],
): MovementGrid {
  const present = new Set(movement.modules.map((module) => module.target));
  const targets = [
    ...order.filter((target) => present.has(target)),
    ...[...present].filter((target) => !order.includes(target)),
  ];
  const layers = movement.modules.reduce((most, { layer }) => Math.max(most, layer + 1), 0);
  const values = targets.map(() => new Array<number | null>(layers).fill(null));
  let most: MovementGrid['most'] = null;
  for (const [i, { target, layer }] of movement.modules.entries()) {
    const value = movement.values[i];
    values[targets.indexOf(target)][layer] = value;
    if (!most || value > most.value) most = { target, layer, value };
  }
  return { targets, layers, values, most };
}

/** Layers to write under the columns: first, last and every fifth or so, none beside the last. */
export function labelledLayers(layers: number): Set<number> {
  const every = Math.max(1, layers <= 8 ? 1 : 5 * Math.ceil(layers / 40));
  const shown = new Set<number>();
  for (let layer = 0; layer < layers - 1; layer += every) {
    if (layers - 1 - layer >= Math.min(every, 3)) shown.add(layer);
  }
  if (layers > 0) shown.add(layers - 1);
  return shown;
}
