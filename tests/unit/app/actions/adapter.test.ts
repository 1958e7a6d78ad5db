import { expect, test } from 'vitest';
import { adapterAmong, adaptersAmong } from '../../../../src/app/actions/adapter.ts';

const found = (...paths: string[]) => adapterAmong(paths.map((path) => ({ path })))?.map(({ path }) => path);

test('an adapter is told from a model and from data', () => {
  expect(found('a/adapter_config.json', 'a/adapter_model.safetensors', 'a/run.json')).toHaveLength(3);
  // Our own download, unpacked: the base beside it stays where it is.
  expect(
    found(
      'p/adapter_config.json',
      'p/adapter_model.safetensors',
      'p/base/config.json',
      'p/base/model.safetensors',
    ),
  ).toEqual(['p/adapter_config.json', 'p/adapter_model.safetensors']);
  expect(found('pirate-adapter.ZIP')).toEqual(['pirate-adapter.ZIP']);
  expect(found('m/config.json', 'm/model.safetensors')).toBeUndefined();
  expect(found('m/config.json', 'm/old/adapter_config.json', 'm/model.safetensors')).toBeUndefined();
  expect(found('rows.jsonl')).toBeUndefined();
});

test('several adapters are told apart', () => {
  const all = (...paths: string[]) =>
    adaptersAmong(paths.map((path) => ({ path }))).map((files) => files.map(({ path }) => path));
  expect(all('a.zip', 'b.ZIP')).toEqual([['a.zip'], ['b.ZIP']]);
  const [a, b] = ['p/a', 'p/b'].map((folder) => [
    `${folder}/adapter_config.json`,
    `${folder}/adapter_model.safetensors`,
  ]);
  expect(all(...a, ...b)).toEqual([a, b]);
  // Checkpoints below an adapter are not dropped for themselves.
  const below = ['p/a/checkpoint-9/adapter_config.json', 'p/a/checkpoint-9/adapter_model.safetensors'];
  expect(all(...a, ...below)).toEqual([a]);
  expect(all('adapter_config.json', 'adapter_model.safetensors')).toEqual([
    ['adapter_config.json', 'adapter_model.safetensors'],
  ]);
  expect(all('a.zip', 'rows.jsonl')).toEqual([]);
  expect(all('m/config.json', 'm/old/adapter_config.json', 'm/model.safetensors')).toEqual([]);
});
