import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FORMS } from '../../../../src/data/forms/list.ts';

const docs = (name: string) => readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

test.each(FORMS.map(({ name, example }) => [name, example] as const))(
  'docs/data.md shows the two rows of %s',
  (_, example) => {
    expect(docs('data.md')).toContain(`\`\`\`json\n${example.join('\n')}\n\`\`\``);
  },
);

test('the tests that docs/field-reports.md names are there', () => {
  const named = [...docs('field-reports.md').matchAll(/`([\w/-]+\.test\.tsx?)`(?:, “([^”]+)”)?/g)];
  expect(named.length).toBeGreaterThan(10);
  for (const [, path, title = ''] of named) {
    const from = path.startsWith('tests/') ? '../../../../' : '../../';
    const source = readFileSync(new URL(from + path, import.meta.url), 'utf8');
    expect(source, path).toContain(title.replace(/ ?…$/, ''));
  }
});
