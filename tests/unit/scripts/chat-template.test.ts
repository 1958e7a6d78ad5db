import { expect, test } from 'vitest';
import { modelInput } from '../../../scripts/headless/inputs.mjs';
import { TEMPLATE_NAMES } from '../../../src/data/text/template-names.ts';

test('--chat-template takes every name and a file, and refuses what is neither', () => {
  const read = (template: string) =>
    modelInput({ model: 'bundled', 'chat-template': template }).choice.chatTemplate;
  for (const name of TEMPLATE_NAMES) expect(read(name)).toBe(name);
  expect(read('package.json')).toContain('"scripts"');
  expect(() => read('nosuch')).toThrow(/neither a file nor one of plain/);
});
