import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Tool } from '../../../../src/data/forms/row.ts';
import { JinjaTemplate } from '../../../../src/data/text/jinja/interpreter.ts';
import { CHAT_FUNCTIONS, ChatTemplate, type TemplateTurn } from '../../../../src/data/text/template.ts';
import { readJson } from '../../read-fixture.ts';

/** What Python's jinja2, set up as transformers does, makes of each feature and template (scripts/fixtures/data). */
type Outcome = string | { refused: string };
interface Fixture {
  values: Record<string, unknown>;
  features: { source: string; rendered: Outcome }[];
  variables: Record<string, string>;
  tools: Tool[];
  conversations: TemplateTurn[][];
  templates: Record<string, { source: string; rendered: Outcome[] }>;
}

const fixture = await readJson<Fixture>(new URL('../fixtures/jinja.json', import.meta.url));
beforeAll(() => {
  vi.useFakeTimers({ now: new Date(2026, 2, 4, 15, 6, 7), toFake: ['Date'] });
});
afterAll(() => {
  vi.useRealTimers();
});

function rendered(render: () => string): Outcome {
  try {
    return render();
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

test.each(fixture.features)('$source', ({ source, rendered: expected }) => {
  const found = rendered(() => new JinjaTemplate(source).render({ ...fixture.values, ...CHAT_FUNCTIONS }));
  if (typeof expected === 'string') expect(found).toBe(expected);
  else expect(found).toEqual({ refused: expect.any(String) });
});

test('there are more than sixty templates', () => {
  expect(Object.keys(fixture.templates).length).toBeGreaterThanOrEqual(60);
});

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

describe.each(Object.entries(fixture.templates))('template “%s”', (_name, { source, rendered: expected }) => {
  const template = new ChatTemplate(source, { controlTokens: CONTROL, variables: fixture.variables });
  const withTools = template.withTools(fixture.tools);

  test('gives the texts of Python', () => {
    const found = fixture.conversations.flatMap((turns) =>
      [false, true].map((prompt) => rendered(() => withTools.render(turns, prompt))),
    );
    expect(found).toEqual(
      expected.map((one) =>
        typeof one === 'string' ? one : { refused: expect.stringContaining(one.refused) },
      ),
    );
  });

  test('trains the words of assistant turns and their ends, and nothing else', () => {
    for (const turns of fixture.conversations) {
      const answers = turns.filter((turn) => turn.role === 'assistant').map((turn) => turn.content);
      if (answers.length === 0) continue;
      const { text, spans, lastTurnOnly } = withTools.locate(
        turns,
        turns.map(() => true),
      );
      const wanted = lastTurnOnly ? answers.slice(-1) : answers;
      const trained = spans.map(({ begin, end }) => text.slice(begin, end));
      const words = (one: string) => one.replace(/<think>|<\/think>|\s/g, '');
      expect(
        trained.map((one) => words(one).replace(/(<\|im_end\|>|<\|eot\|>|<\|end\|>|<\/turn>|<\/s>)$/, '')),
      ).toEqual(wanted.map(words));
      for (const one of trained) expect(one).toMatch(/(<\|im_end\|>|<\|eot\|>|<\|end\|>|<\/turn>|<\/s>)$/);
    }
  });
});
