import { expect, test } from 'vitest';
import { mergedNote } from '../../../../src/app/setup/adapter-card.tsx';

test('a base that an adapter is merged into says so beside one that is put on it', () => {
  expect(mergedNote('Bundled tiny model, merged')).toBe(
    'Bundled tiny model already has an adapter merged into it. If it is this one, it counts twice.',
  );
  expect(mergedNote('Bundled tiny model')).toBeNull();
});
