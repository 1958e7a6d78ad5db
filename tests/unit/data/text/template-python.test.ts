import { describe, expect, test } from 'vitest';
import { ChatTemplate, type TemplateTurn } from '../../../../src/data/text/template.ts';
import { readJson } from '../../read-fixture.ts';

/** What Python's Jinja, as transformers sets it up, makes of each template and conversation (scripts/fixtures/data). */
interface Fixture {
  variables: Record<string, string>;
  conversations: TemplateTurn[][];
  templates: Record<string, { source: string; rendered: (string | { refused: string })[] }>;
}

const fixture = await readJson<Fixture>(new URL('../fixtures/templates.json', import.meta.url));

describe.each(Object.entries(fixture.templates))('chat template “%s”', (_name, { source, rendered }) => {
  const template = new ChatTemplate(source, { controlTokens: [], variables: fixture.variables });
  const cases = fixture.conversations.flatMap((turns) => [
    { turns, prompt: false },
    { turns, prompt: true },
  ]);

  test.each(cases.map((one, k) => ({ ...one, k, words: turnsInWords(one.turns) })))(
    '$words, prompt: $prompt',
    ({ turns, prompt, k }) => {
      const expected = rendered[k];
      if (typeof expected === 'string') expect(template.render(turns, prompt)).toBe(expected);
      else expect(() => template.render(turns, prompt)).toThrow(expected.refused);
    },
  );
});

function turnsInWords(turns: readonly TemplateTurn[]): string {
  return turns.map((turn) => turn.role).join(', ');
}
