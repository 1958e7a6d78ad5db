import { expect, test } from 'vitest';
import type { KeptFrontier } from '../../../../src/worker/api/api.ts';
import { keepableFrontier } from '../../../../src/worker/storage/frontier-kept.ts';

const frontier = ({ adapters = [], size = 10 }: { adapters?: [number, boolean][]; size?: number } = {}) =>
  ({
    version: 1,
    given: {
      models: [
        {
          model: { choice: { kind: 'hub', id: 'some/model', token: 'secret' }, name: 'some/model' },
          ...{ flag: 'some/model', dtypes: ['q4'], work: 'train' },
        },
        {
          model: { choice: { kind: 'folder', files: [] }, name: 'mine', chatTemplate: 'plain' },
          flag: 'mine',
        },
        { model: { choice: null, name: 'gone' }, flag: 'gone' },
      ],
      rows: { train: { size }, heldOut: { size: 1 } },
    },
    points: adapters.map(([bytes, measured]) => ({
      adapter: [{ path: 'adapter_model.safetensors', bytes: { byteLength: bytes } }],
      point: measured ? {} : null,
    })),
  }) as unknown as KeptFrontier;

test('a token is not kept, nor a model that was dropped', () => {
  const [hub, mine, gone] = keepableFrontier(frontier()).given.models;
  expect(hub).toEqual({
    model: { choice: { kind: 'hub', id: 'some/model', token: undefined }, name: 'some/model' },
    ...{ flag: 'some/model', dtypes: ['q4'], work: 'train' },
  });
  expect(mine.model).toEqual({ choice: null, name: 'mine', chatTemplate: 'plain' });
  expect(gone.model).toEqual({ choice: null, name: 'gone' });
});

test('adapters are kept up to 64 MB together, first the one that has not answered yet', () => {
  const { points } = keepableFrontier(
    frontier({
      adapters: [
        [40e6, true],
        [20e6, true],
        [30e6, false],
      ],
    }),
  );
  expect(points.map(({ adapter }) => adapter !== null)).toEqual([false, true, true]);
});

test('rows that are too large for the browser are refused in words', () => {
  expect(() => keepableFrontier(frontier({ size: 2 ** 28 }))).toThrow('more than 256 MB of text');
});
