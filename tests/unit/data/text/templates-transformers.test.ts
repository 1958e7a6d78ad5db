import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { encodeRow } from '../../../../src/data/encode.ts';
import type { Tool } from '../../../../src/data/forms/row.ts';
import { callsAsText } from '../../../../src/data/forms/tools.ts';
import { ChatTemplate, type TemplateTurn } from '../../../../src/data/text/template.ts';
import { openTokenizer, type RowTokenizer } from '../../../../src/data/text/tokenizer.ts';
import { readJson } from '../../read-fixture.ts';

/**
 * 3,000 random conversations over the collection of templates, rendered and masked by transformers itself: our texts are
 * its texts, our masks those of its generation blocks, and what is trained of each row is its answers and their ends.
 * Run by `npm run parity`, which has a Python with transformers.
 */

const CONVERSATIONS = 3000;
const python = process.env.LOWRANK_PYTHON ?? 'python3';
const { templates, variables, tools } = await readJson<{
  templates: Record<string, { source: string; marked: string }>;
  variables: Record<string, string>;
  tools: Tool[];
}>(new URL('../fixtures/jinja.json.gz', import.meta.url));
const CONTROL = ['<s>', '</s>', '<|start|>', '<|end|>', '<|eot|>', '<turn>', '</turn>'];

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const blanks = pick('', '', '', ' ', '\n', '\n\n    ', '\t', '\r\n', ' \n ', '\u00a0');
const words = fc.oneof(
  pick('yes', 'no', '42', 'Paris', 'word '.repeat(30).trim(), 'None', '0'),
  pick(
    'if x:\n        pass',
    'def f(x):\n\treturn {"a": [1, 2]}',
    '```py\nx = "\\n"\n```',
    '{"a": {"b": null}}',
  ),
  pick('<b>é</b>', '"q" \'r\' \\', '你好 😀', 'مرحبا', 'e\u0301\u200b', '\ufeffx', 'ſßİ'),
  pick('[INST] x [/INST]', 'USER: y ASSISTANT:', '### Response:\nz', '{{ messages }} {% raw %}', '<<SYS>>'),
  pick('<|im_end|>\n<|im_start|>assistant\n', '</s>', 'a <turn> b', '<|', '|>', '<|im_end', '<|endoftext|>'),
  pick('<think>\nhm\n</think>\n\nso', '</think>', ''),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const content = fc.tuple(blanks, words, blanks).map((parts) => parts.join(''));
const call = fc.record({
  type: fc.constant('function'),
  function: fc.record({
    name: pick('sum', 'get_weather'),
    arguments: fc.dictionary(pick('a', 'city', 'é'), fc.oneof(fc.integer(), fc.boolean(), words), {
      maxKeys: 2,
    }),
  }),
});
const answer = fc.oneof(
  { weight: 8, arbitrary: fc.record({ content }) },
  { weight: 1, arbitrary: fc.record({ content, reasoning_content: content }) },
  {
    weight: 1,
    arbitrary: fc.record({
      content: pick('', 'I ask.'),
      tool_calls: fc.array(call, { minLength: 1, maxLength: 2 }),
    }),
  },
);
const conversation = fc
  .record({
    system: fc.option(content, { freq: 2 }),
    first: fc.option(answer, { freq: 8 }),
    exchanges: fc.array(fc.tuple(content, answer, content), { minLength: 1, maxLength: 3 }),
    open: fc.option(content, { freq: 6 }),
    tools: fc.boolean(),
  })
  .map(({ system, first, exchanges, open, tools: withTools }) => {
    const turns: TemplateTurn[] = [
      ...(system === null ? [] : [{ role: 'system', content: system }]),
      ...(first === null ? [] : [{ role: 'assistant', ...first }]),
      ...exchanges.flatMap(([user, said, result]) => [
        { role: 'user', content: user },
        { role: 'assistant', ...said },
        ...('tool_calls' in said
          ? [
              { role: 'tool', content: result },
              { role: 'assistant', content: 'So.' },
            ]
          : []),
      ]),
      ...(open === null ? [] : [{ role: 'user', content: open }]),
    ] as TemplateTurn[];
    return { turns, tools: withTools ? tools : null };
  });

/** What people are told of a row in which what is trained is not its answers and their ends to the letter. */
const TOLD: ReadonlySet<string> = new Set(['words', 'besides', 'joined', 'reasoning']);

const folder = mkdtempSync(join(tmpdir(), 'lowrank-templates-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** The bundled tokenizer with the control tokens of the collection. */
const files = (() => {
  const tiny = fileURLToPath(new URL('../../../../public/models/tiny/', import.meta.url));
  const json = (name: string) => JSON.parse(readFileSync(join(tiny, name), 'utf8'));
  const tokenizerJson = json('tokenizer.json');
  const shape = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const next = Math.max(...tokenizerJson.added_tokens.map(({ id }: { id: number }) => id), 4095) + 1;
  tokenizerJson.added_tokens.push(...CONTROL.map((text, i) => ({ id: next + i, content: text, ...shape })));
  const { chat_template: _, added_tokens_decoder: __, ...rest } = json('tokenizer_config.json');
  return { tokenizerJson, tokenizerConfig: { ...rest, ...variables } };
})();
const controlTokens: string[] = files.tokenizerJson.added_tokens.map(
  (token: { content: string }) => token.content,
);
const NOW = [2026, 2, 4, 15, 6, 7] as const;
beforeAll(() => {
  vi.useFakeTimers({ now: new Date(...NOW), toFake: ['Date'] });
});
afterAll(() => {
  vi.useRealTimers();
});

interface Refused {
  refused: string;
}
interface Answer {
  texts: (string | Refused)[];
  spans: [number, number][] | Refused;
  ids?: number[];
  mask?: number[];
}

/** Everything at once: starting Python takes longer than all of it. */
function ofPython(cases: object[]): Answer[] {
  cpSync(
    fileURLToPath(new URL('../../../../public/models/tiny/config.json', import.meta.url)),
    join(folder, 'config.json'),
  );
  writeFileSync(join(folder, 'tokenizer.json'), JSON.stringify(files.tokenizerJson));
  writeFileSync(join(folder, 'tokenizer_config.json'), JSON.stringify(files.tokenizerConfig));
  const script = fileURLToPath(new URL('../../../parity/render_templates.py', import.meta.url));
  const { stdout, stderr, status, error } = spawnSync(python, [script], {
    input: JSON.stringify({ tokenizer: folder, now: '2026-03-04T15:06:07', cases }),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' },
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  if (status !== 0) throw error ?? new Error(stderr.slice(-4000));
  return JSON.parse(stdout);
}

const attempt = <T>(work: () => T): T | Refused => {
  try {
    return work();
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
};
const isRefused = (value: object | string): value is Refused =>
  typeof value === 'object' && 'refused' in value;

test(`${CONVERSATIONS} random conversations`, async () => {
  const names = Object.keys(templates);
  const cases = fc.sample(conversation, { numRuns: CONVERSATIONS, seed: 71 }).map((given, k) => {
    const name = names[k % names.length];
    const { source, marked } = templates[name];
    const writesCalls = /\btool_calls\b/.test(source);
    // Calls are the turn's words where the template writes none (encode.ts).
    const turns = given.turns.map(({ tool_calls: calls, ...turn }) =>
      !calls
        ? turn
        : writesCalls
          ? { ...turn, tool_calls: calls }
          : { ...turn, content: [turn.content, callsAsText(calls)].filter(Boolean).join('\n') },
    ) as TemplateTurn[];
    return { name, template: source, marked, turns, tools: given.tools };
  });
  const expected = ofPython(
    cases.map(({ turns, ...one }) => ({
      ...one,
      // A call without words has no content.
      turns: turns.map((turn) =>
        turn.tool_calls && turn.content === '' ? { ...turn, content: null } : turn,
      ),
    })),
  );

  const opened = new Map<string, { plain: RowTokenizer; marked: RowTokenizer }>();
  for (const name of names) {
    const plain = await openTokenizer({ ...files, chatTemplate: templates[name].source });
    opened.set(name, { plain, marked: plain.withTemplate(templates[name].marked) });
  }
  const counts = { texts: 0, refused: 0, spans: 0, masks: 0, joined: 0, trained: 0, told: 0, unfound: 0 };
  cases.forEach(({ name, template, marked, turns, tools: given }, k) => {
    const of = expected[k];
    const ours = (text: string) => {
      const made = new ChatTemplate(text, { controlTokens, variables });
      return given ? made.withTools(given) : made;
    };
    // The texts, with and without a generation prompt.
    const renderer = ours(template);
    [false, true].forEach((prompt, i) => {
      const found = attempt(() => renderer.render(turns, prompt));
      const wanted = of.texts[i];
      if (isRefused(wanted)) {
        expect(found, `${name}: ${wanted.refused}`).toEqual({ refused: expect.any(String) });
        counts.refused++;
      } else {
        expect(found, name).toBe(wanted);
        counts.texts++;
      }
    });
    if (isRefused(of.texts[0])) return;

    const isSpelled = controlTokens.some((token) =>
      JSON.stringify(turns).includes(JSON.stringify(token).slice(1, -1)),
    );
    const all = turns.map(() => true);
    // The generation blocks, to the letter. What their template cuts of thinking is kept for training.
    const cuts = /'<\/think>'/.test(template) && turns.some((turn) => turn.content.includes('</think>'));
    if (!isRefused(of.spans) && !isSpelled && !cuts) {
      const located = attempt(() => ours(marked).locate(turns, all));
      if (isRefused(located)) throw new Error(`${name}: ${located.refused}`);
      expect(
        located.spans.map(({ begin, end }) => [begin, end]),
        name,
      ).toEqual(of.spans);
      counts.spans++;
    }
    const { plain, marked: byBlocks } = opened.get(name)!;
    const row = {
      kind: 'messages' as const,
      messages: turns.map((turn) => ({ ...turn, train: turn.role === 'assistant' })),
      ...(given && { tools: given }),
    };
    if (of.ids && !isSpelled && !cuts) {
      const { ids, targets, notes } = encodeRow(row, byBlocks, false);
      expect(ids, name).toEqual(of.ids);
      // A token of both the answer and what follows it is trained there and not here, where that is told.
      // transformers trains but the first token of a last character that takes several.
      const tail = notes.includes('end') && turns.some(({ content: said }) => /[^\0-\x7f]$/.test(said));
      if (notes.includes('joined') || tail) {
        counts.joined++;
        return;
      }
      // The first token is never predicted.
      const mask = ids.map((_, i) => Number(targets.some(({ begin, end }) => begin <= i && i < end)));
      expect(mask, `${name} ${JSON.stringify(turns)}`).toEqual([0, ...of.mask!.slice(1)]);
      counts.masks++;
    }

    // From the words alone: what is trained is each answer and its end, or it is told, or the row is refused.
    const encoded = attempt(() => encodeRow(row, plain, false));
    if (isRefused(encoded)) {
      expect(encoded.refused).toMatch(/turns cannot be found/);
      counts.unfound++;
      return;
    }
    if (encoded.notes.some((note) => TOLD.has(note))) {
      counts.told++;
      return;
    }
    const answers = turns.filter(({ role }) => role === 'assistant');
    const wanted = encoded.lastTurnOnly ? answers.slice(-1) : answers;
    expect(encoded.targets.length, name).toBe(wanted.length);
    encoded.targets.forEach(({ begin, end }, i) => {
      const last = encoded.ids[end - 1];
      const ends = plain.isControl(last);
      const text = plain.decode(encoded.ids.slice(begin, ends ? end - 1 : end));
      const { content: said, reasoning_content: thought = '', tool_calls: calls } = wanted[i];
      if (calls) {
        for (const { function: called } of calls) expect(text, name).toContain(called.name);
        return;
      }
      const bare = (one: string) => one.replace(/<\/?think>|\s/g, '');
      const shown = /\breasoning_content\b/.test(template) ? bare(thought) : '';
      const whole = shown + bare(said);
      // The first token of a text is never predicted.
      if (begin === 1) expect(whole.endsWith(bare(text).replace(/^\/?think>/, '')), name).toBe(true);
      else expect(bare(text), `${name} ${JSON.stringify(turns)}`).toBe(whole);
      counts.trained++;
    });
  });
  console.info(JSON.stringify(counts));
  expect(counts.texts + counts.refused).toBe(2 * CONVERSATIONS);
  expect(counts.texts).toBeGreaterThan(1.8 * CONVERSATIONS);
  expect(counts.masks).toBeGreaterThan(0.5 * CONVERSATIONS);
  expect(counts.joined).toBeLessThan(0.02 * CONVERSATIONS);
  expect(counts.told).toBeLessThan(0.25 * CONVERSATIONS);
  expect(counts.trained).toBeGreaterThan(CONVERSATIONS);
  expect(counts.unfound).toBeLessThan(0.02 * CONVERSATIONS);
});

test('a run that is taken elsewhere gives its own date to templates', () => {
  const code = `
import train
from transformers.utils import chat_template_utils as utils
train.keep_date("2026-03-04T15:06:07")
print(utils.render_jinja_template([[]], chat_template="{{ strftime_now('%d %b %Y %H:%M:%S') }}")[0][0])`;
  const { stdout, stderr, error } = spawnSync(python, ['-c', code], {
    cwd: fileURLToPath(new URL('../../../../src/run/continue/', import.meta.url)),
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    encoding: 'utf8',
  });
  if (error) throw error;
  expect(stdout.trim(), stderr).toBe('04 Mar 2026 15:06:07');
});
