import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ChatTemplate, type TemplateTurn } from '../../../../src/data/text/template.ts';
import { readJson } from '../../read-fixture.ts';

/** Spans of random conversations in every template of the collection: an answer's words, and no other's. */
const { templates, variables } = await readJson<{
  templates: Record<string, { source: string }>;
  variables: Record<string, string>;
}>(new URL('../fixtures/jinja.json.gz', import.meta.url));
const CONTROL = [
  '<s>',
  '</s>',
  '<|im_start|>',
  '<|im_end|>',
  '<|start|>',
  '<|end|>',
  '<|eot|>',
  '<turn>',
  '</turn>',
];

const blanks = fc.constantFrom('', '', ' ', '\n', '\n\n    ', '\t');
const words = fc.constantFrom(
  '',
  'yes',
  'no',
  'if x:\n        pass',
  '<b>é</b>',
  '"q" \'r\'',
  '你好 😀',
  '[INST] x',
  'USER: y',
);
const content = fc.tuple(blanks, words, blanks).map((parts) => parts.join(''));
const exchange = fc.tuple(content, content);
const conversation = fc.record({
  system: fc.option(content),
  first: fc.option(content),
  exchanges: fc.array(exchange, { minLength: 1, maxLength: 3 }),
});

test('300 random conversations', () => {
  const all = Object.entries(templates).map(
    ([name, { source }]) => [name, new ChatTemplate(source, { controlTokens: CONTROL, variables })] as const,
  );
  let refused = 0;
  fc.assert(
    fc.property(fc.constantFrom(...all), conversation, ([, template], { system, first, exchanges }) => {
      // Each turn's words carry its number, so that those of another would be seen.
      const turns: TemplateTurn[] = [
        ...(system === null ? [] : [{ role: 'system', content: system }]),
        ...(first === null ? [] : [{ role: 'assistant', content: first }]),
        ...exchanges.flatMap(([user, assistant]) => [
          { role: 'user', content: user },
          { role: 'assistant', content: assistant },
        ]),
      ].map(({ role, content }, k) => ({
        role,
        content: content.trim() === '' ? content : `${content}#${k}#`,
      }));
      let located: ReturnType<ChatTemplate['locate']>;
      try {
        located = template.locate(
          turns,
          turns.map(() => true),
        );
      } catch (error) {
        expect(String(error)).toMatch(/turns cannot be found|Roles must alternate/);
        if (/alternate/.test(String(error))) return;
        refused++;
        return;
      }
      const answers = turns.filter((turn) => turn.role === 'assistant').map((turn) => turn.content.trim());
      const wanted = located.lastTurnOnly ? answers.slice(-1) : answers;
      const found = located.spans.map(({ begin, end }) =>
        located.text
          .slice(begin, end)
          .replace(/(<\|im_end\|>|<\|eot\|>|<\|end\|>|<\/turn>|<\/s>)$/, '')
          .trim(),
      );
      expect(found).toEqual(wanted);
    }),
    { numRuns: 300, seed: 14 },
  );
  // Rows may be refused, but a kind of them as a whole may not.
  expect(refused).toBeLessThan(15);
});
