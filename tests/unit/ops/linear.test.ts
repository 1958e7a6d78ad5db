import { expect, it } from 'vitest';
import {
  type DenseLora,
  linearBackwardReference,
  linearReference,
  loraDownReference,
  timesTransposed,
} from '../../../src/ops/reference/linear.ts';
import { along, differences, expectClose, scattered } from './finite-differences.ts';

const [ROWS, INPUTS, OUTPUTS, RANK] = [4, 6, 5, 2];
const x = scattered(ROWS, INPUTS, 1);
const w = scattered(OUTPUTS, INPUTS, 2);

function adapter(dropout?: DenseLora['dropout']): DenseLora {
  const parts = [
    { begin: 0, end: 2, module: 3 },
    { begin: 2, end: OUTPUTS, module: 4 },
  ];
  const [a, b] = [scattered(2 * RANK, INPUTS, 3), scattered(OUTPUTS, RANK, 4)];
  return { rank: RANK, parts, scale: 1.5, a, b, dropout };
}

it.each([
  ['without dropout', undefined],
  ['with dropout', { probability: 0.4, seed: 5, step: 2, micro: 1 }],
])('has the gradients of its finite differences %s', (_, dropout) => {
  const lora = adapter(dropout);
  const dy = scattered(ROWS, OUTPUTS, 5);
  const loss = () => along(linearReference(x, w, lora, loraDownReference(x, lora)), dy);
  const { dx, da, db } = linearBackwardReference(x, w, dy, lora);
  expectClose(dx.values, differences(x.values, loss));
  expectClose(da.values, differences(lora.a.values, loss));
  expectClose(db.values, differences(lora.b.values, loss));
});

it('is the base alone at strength 0', () => {
  const lora = adapter();
  const base = timesTransposed(x, w);
  expect(linearReference(x, w, lora, loraDownReference(x, lora), 0).values).toEqual(base.values);
});
