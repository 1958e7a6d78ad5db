import { expect, test } from 'vitest';
import { adapterAmong } from '../../../../src/app/actions/adapter.ts';

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
