import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Tool } from '../../../../src/data/forms/row.ts';
import { callsAsText } from '../../../../src/data/forms/tools.ts';
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
  /** `marked`: with generation blocks around what the assistant writes. */
  templates: Record<string, { source: string; marked: string; rendered: Outcome[] }>;
}

const fixture = await readJson<Fixture>(new URL('../fixtures/jinja.json.gz', import.meta.url));
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

test('there are 72 templates and 38 conversations, with and without generation prompt', () => {
  const templates = Object.values(fixture.templates);
  expect([templates.length, fixture.conversations.length]).toEqual([72, 38]);
  expect(templates.every(({ rendered: all }) => all.length === 76)).toBe(true);
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

const END = /(<\|im_end\|>|<\|eot\|>|<\|end\|>|<\/turn>|<\/s>)$/;
/** Calls are the turn's words where the template writes none; see `encode.ts`. */
const asText = (turns: TemplateTurn[]): TemplateTurn[] =>
  turns.map(({ tool_calls: calls, ...turn }) =>
    calls ? { ...turn, content: [turn.content, callsAsText(calls)].filter(Boolean).join('\n') } : turn,
  );
/** Control tokens in contents never reach a template: the tokenizer protects them. */
const conversations = fixture.conversations.filter(
  (turns) =>
    turns.some(({ role }) => role === 'assistant') &&
    !CONTROL.some((token) => JSON.stringify(turns).includes(token)),
);
const located = (template: ChatTemplate, turns: TemplateTurn[]) => {
  const { text, spans, lastTurnOnly } = template.locate(
    turns,
    turns.map(() => true),
  );
  return { text, lastTurnOnly, trained: spans.map(({ begin, end }) => text.slice(begin, end)) };
};
let compared = 0;
const unfound: string[] = [];

describe.each(Object.entries(fixture.templates))(
  'template “%s”',
  (name, { source, marked, rendered: expected }) => {
    const ofSource = (text: string) =>
      new ChatTemplate(text, { controlTokens: CONTROL, variables: fixture.variables }).withTools(
        fixture.tools,
      );
    const template = ofSource(source);

    test('gives the texts of Python', () => {
      const found = fixture.conversations.flatMap((turns) =>
        [false, true].map((prompt) => rendered(() => template.render(turns, prompt))),
      );
      expect(found).toEqual(
        expected.map((one) =>
          typeof one === 'string' ? one : { refused: expect.stringContaining(one.refused) },
        ),
      );
    });

    test('trains the words of assistant turns and their ends, and nothing else, as its generation blocks say', () => {
      const byBlocks = ofSource(marked);
      for (const given of conversations) {
        const turns = template.writes('calls') ? given : asText(given);
        const blocks = rendered(() => JSON.stringify(located(byBlocks, turns)));
        const words = rendered(() => JSON.stringify(located(template, turns)));
        if (typeof words !== 'string') {
          // Refused by the template itself, or not found: counted below.
          if (typeof blocks === 'string' || /cannot be found/.test(words.refused))
            unfound.push(`${name}: ${turns.length}`);
          continue;
        }
        if (typeof blocks !== 'string') throw new Error(`${name}: ${JSON.stringify(blocks)}`);
        const [found, wanted]: ReturnType<typeof located>[] = [JSON.parse(words), JSON.parse(blocks)];
        const all = found.lastTurnOnly ? wanted.trained.slice(-1) : wanted.trained;
        // A blank before the words is the template's own, which may be its header's: whether it is trained is all the same.
        expect(found.trained.map((one, i) => (all[i] === ` ${one}` ? all[i] : one))).toEqual(all);
        if (name !== 'no end of turn') for (const one of found.trained) expect(one).toMatch(END);
        compared += found.trained.length;
      }
    });
  },
);

test('one of the rows has an answer that is not found in what a template writes: blanks, stripped', () => {
  expect(unfound).toEqual(['characters stripped: 2']);
  expect(compared).toBeGreaterThan(3300);
});
