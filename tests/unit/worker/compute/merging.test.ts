import { expect, test } from 'vitest';
import { exportAdapter } from '../../../../src/export/export.ts';
import { peft } from '../../../../src/export/formats/peft.ts';
import type { RunEvent } from '../../../../src/run/events.ts';
import type { RunRecord } from '../../../../src/run/record.ts';
import { mergeOnShelf, reduceOnShelf } from '../../../../src/worker/compute/merging.ts';
import { isRaw, Shelf } from '../../../../src/worker/compute/shelf.ts';
import type { Workspace } from '../../../../src/worker/compute/workspace.ts';
import { randomAdapter, randomModel } from '../../export/random-model.ts';

const model = randomModel();
const workspace = { model } as unknown as Workspace;

function twoOnShelf() {
  const shelf = new Shelf();
  const one = shelf.putFile(randomAdapter(model.config, ['q_proj']), null);
  const other = shelf.putFile(randomAdapter(model.config, ['q_proj', 'down_proj'], true), null);
  const adapters = [
    { id: one, name: 'one', weight: 1 },
    { id: other, name: 'other', weight: -0.5 },
  ];
  return { shelf, adapters };
}

test('what is merged stands on the shelf, says of what, and is exported as any adapter', async () => {
  const { shelf, adapters } = twoOnShelf();
  const events: RunEvent[] = [];
  const request = { adapters, way: 'dare', density: 0.5, rank: 6 };
  const made = await mergeOnShelf(workspace, shelf, request, (event) => events.push(event));
  expect(made).toMatchObject({ rank: 6, seed: 0, bytes: 4 * made.parameters });
  expect(made.errors).toHaveLength(4);
  expect(events.at(-1)).toEqual({ type: 'progress', what: 'Merging', done: 4, total: 4 });
  const { weights, merged, record } = shelf.whole(made.adapter);
  expect(weights.settings).toMatchObject({ rank: 6, alpha: 6, targets: ['q_proj', 'down_proj'] });
  const { files } = await exportAdapter(peft, {
    ...{ ...model, weights, merged, record, dtype: null, target: '.', chat: false },
  });
  expect(files.map(({ path }) => path)).toEqual([
    'adapter_model.safetensors',
    'adapter_config.json',
    'README.md',
  ]);
  const card = await files[2].blob.text();
  expect(card).toContain('Merged in a browser tab with Lowrank.');
  expect(card).toContain('| Merged from (weight) | one (1), other (−0.5) |');
  expect(card).toContain('| Way | dare, density 0.5, seed 0 |');
  expect(made.parameters).toBe(weights.modules.reduce((sum, site) => sum + 6 * (site.in + site.out), 0));
});

test('a way that draws nothing has no seed, and its card none', async () => {
  const { shelf, adapters } = twoOnShelf();
  const { adapter, seed } = await mergeOnShelf(workspace, shelf, { adapters, way: 'sum' }, () => {});
  expect(seed).toBeNull();
  expect(shelf.whole(adapter).merged).toMatchObject({ way: 'sum', rank: 4, density: null, seed: null });
});

test('a stop ends it between two matrices, and nothing is on the shelf', async () => {
  const { shelf, adapters } = twoOnShelf();
  let told = 0;
  const stopping = () => {
    if (++told === 2) throw new Error('stopped');
  };
  await expect(mergeOnShelf(workspace, shelf, { adapters, way: 'sum' }, stopping)).rejects.toThrow('stopped');
  expect(() => shelf.get('merge-3')).toThrow('no longer in memory');
});

test('no adapter, and one that is gone, are said', async () => {
  const { shelf, adapters } = twoOnShelf();
  await expect(mergeOnShelf(workspace, shelf, { adapters: [], way: 'sum' }, () => {})).rejects.toMatchObject({
    code: 'bad-merge',
  });
  shelf.remove(adapters[0].id);
  await expect(mergeOnShelf(workspace, shelf, { adapters, way: 'sum' }, () => {})).rejects.toMatchObject({
    code: 'no-adapter',
  });
});

test('what is made of adapters that were trained without the chat template is asked without it', async () => {
  const shelf = new Shelf();
  const put = (raw: boolean) =>
    shelf.putFile(randomAdapter(model.config, ['q_proj']), { settings: { raw } } as RunRecord);
  const ids = [put(true), put(true), put(false)];
  const rawOf = async (...named: string[]) => {
    const adapters = named.map((id) => ({ id, name: id, weight: 1 }));
    const { adapter } = await mergeOnShelf(workspace, shelf, { adapters, way: 'sum' }, () => {});
    return { adapter, raw: isRaw(shelf.whole(adapter)) };
  };
  const most = await rawOf(ids[2], ids[0], ids[1]);
  expect(most.raw).toBe(true);
  expect((await rawOf(ids[2], ids[0])).raw).toBe(false);
  expect((await rawOf(most.adapter)).raw).toBe(true);
  const reduced = await reduceOnShelf(
    workspace,
    shelf,
    { adapter: ids[0], name: 'one', top: 1, epsilon: 0.5, lambda: 0.5 },
    () => {},
  );
  expect(isRaw(shelf.whole(reduced.adapter))).toBe(true);
});
