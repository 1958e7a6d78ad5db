import { expect, test } from 'vitest';
import { hubError } from '../../../../src/app/setup/hub-form.tsx';

const error = {
  code: 'hub-missing' as const,
  title: 'a/b could not be opened.',
  text: 'The hub has no a/b.',
};
const hub = { kind: 'hub' as const, id: 'a/b' };

test('what the hub refused stands under its field too, and what another choice met does not', () => {
  expect(hubError({ modelError: error, modelFailed: hub })).toBe(
    'a/b could not be opened. The hub has no a/b.',
  );
  expect(hubError({ modelError: error, modelFailed: { kind: 'bundled' } })).toBeNull();
  expect(hubError({ modelError: null, modelFailed: hub })).toBeNull();
  const noName = { code: 'bad-hub-id' as const, text: 'This is not the name of a model.' };
  expect(hubError({ modelError: noName, modelFailed: null })).toBe('This is not the name of a model.');
});
