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
  const named = [...docs('field-reports.md').matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, path]) => path);
  expect(named.length).toBeGreaterThan(10);
  for (const path of new Set(named))
    expect(
      () =>
        readFileSync(
          new URL(path.startsWith('tests/') ? `../../../../${path}` : `../../${path}`, import.meta.url),
        ),
      path,
    ).not.toThrow();
});
