import { expect, test } from 'vitest';
import type { KeptLadder } from '../../../../src/worker/api/api.ts';
import { keepable } from '../../../../src/worker/storage/ladder-kept.ts';

const ladder = (
  given: object,
  adapter: KeptLadder['adapter'] = null,
  apart: KeptLadder['apart'] = null,
): KeptLadder =>
  ({
    ...{ version: 2, title: 'rows', rungs: [], adapter, apart },
    given: {
      model: { choice: { kind: 'bundled' }, name: 'tiny' },
      ...{ data: null, heldOut: null, documents: [], prompt: '' },
      ...given,
    },
  }) as unknown as KeptLadder;

const large = (name: string) => Object.defineProperty(new File(['x'], name), 'size', { value: 2 ** 28 + 1 });

test('files are kept with a ladder unless they are large; then they are dropped again', () => {
  const file = new File(['x'], 'rows.jsonl');
  const small = { data: { kind: 'file', file } as const, heldOut: file };
  expect(keepable(ladder(small)).given).toMatchObject(small);
  expect(
    keepable(ladder({ ...small, data: { kind: 'file', file: large('rows.jsonl') } })).given,
  ).toMatchObject({
    ...{ data: null, heldOut: null },
  });
  const sample = { kind: 'sample', file: 'pirate.jsonl' } as const;
  expect(keepable(ladder({ data: sample, heldOut: large('held.jsonl') })).given).toMatchObject({
    ...{ data: sample, heldOut: null },
  });
});

test('an adapter goes with it unless it is large, and never a token or a model that was dropped', () => {
  const adapter = (bytes: number) => ({
    name: 'mine',
    files: [{ path: 'adapter_model.safetensors', bytes: { byteLength: bytes } as Uint8Array }],
    training: { train_seconds: 1, memory_bytes: 1, elsewhere_before: 1, elsewhere_after: 1 },
    note: null,
  });
  expect(keepable(ladder({}, adapter(1e6))).adapter).not.toBeNull();
  expect(keepable(ladder({}, adapter(65e6))).adapter).toBeNull();
  // Those of the parts are counted with it, and are all there or none.
  const together = (bytes: number) => keepable(ladder({}, adapter(40e6), [adapter(bytes), adapter(bytes)]));
  expect(together(12e6).apart).toHaveLength(2);
  expect(together(13e6)).toMatchObject({ adapter: { name: 'mine' }, apart: [] });
  const hub = { kind: 'hub', id: 'some/model', token: 'secret', chatTemplate: 'chatml' };
  expect(keepable(ladder({ model: { choice: hub, name: 'some/model' } })).given.model).toEqual({
    choice: { kind: 'hub', id: 'some/model', token: undefined },
    ...{ name: 'some/model', chatTemplate: 'chatml' },
  });
  const folder = { kind: 'folder', files: [] };
  expect(keepable(ladder({ model: { choice: folder, name: 'mine' } })).given.model.choice).toBeNull();
});
