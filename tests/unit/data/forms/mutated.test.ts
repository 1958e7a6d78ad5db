import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openDataset } from '../../../../src/data/dataset.ts';
import type { JsonObject } from '../../../../src/data/forms/form.ts';
import { FORMS } from '../../../../src/data/forms/list.ts';
import { readRowFor } from '../../../../src/data/forms/read.ts';
import type { RowKind } from '../../../../src/data/forms/row.ts';
import { injected } from '../../../faults/injected.ts';
import { tinyTokenizer } from '../text/tiny-tokenizer.ts';

/** Rows of every form that are not what they were: each is read, or refused by a sentence, and no text is lost in silence. */

const user = (content = 'a?') => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });

/** The examples of every form, and the other ways in which people write pairs and verdicts. */
const ROWS: readonly JsonObject[] = [
  ...FORMS.flatMap(({ example }) => example.map((line) => JSON.parse(line) as JsonObject)),
  { prompt: [user()], chosen: [assistant('b')], rejected: [assistant('c')] },
  { chosen: [user(), assistant('b')], rejected: [user(), assistant('c')] },
  {
    input: { messages: [user()] },
    preferred_output: [assistant('b')],
    non_preferred_output: [assistant('c')],
  },
  { chosen_messages: [user(), assistant('b')], rejected_messages: [user(), assistant('c')] },
  { chosen: '\n\nHuman: a?\n\nAssistant: b', rejected: '\n\nHuman: a?\n\nAssistant: c' },
  {
    conversations: [{ from: 'human', value: 'a?' }],
    chosen: { from: 'gpt', value: 'b' },
    rejected: { from: 'gpt', value: 'c' },
  },
  { messages: [user(), assistant('b')], rejected_response: 'c' },
  { prompt: 'a?', completion: 'b', label: false },
  { messages: [user(), assistant('b')], label: true },
  { prompt: [user()], completion: [assistant('b')], label: false },
  { prompt: 'a?', completion: 'b', kto_tag: 'True' },
];
const KINDS: readonly RowKind[] = ['answers', 'pairs', 'verdicts'];

const CANARY = 'zinc canary';
/** What any value of a row may be instead. */
const JUNK: readonly unknown[] = [
  ...[null, '', ' ', 0, -1, 0.5, true, false, [], {}, [null], [[]], [{}], { x: 1 }, 'x', '\u0000', '\ud800'],
  ...['[{"role":', '{"a":1}', '\n\nHuman:', '<|im_end|>', [user('')], [assistant('z')], { role: 'user' }],
  ...['x'.repeat(2_000), Array(40).fill(assistant('z')), { __proto__: null, constructor: 'x' }],
];

type Path = readonly (string | number)[];

/** Every place in a row, nested ones too. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return at.length > 0 ? [at] : [];
  const inside = Object.entries(value).flatMap(([key, one]) =>
    pathsOf(one, [...at, Array.isArray(value) ? Number(key) : key]),
  );
  return at.length > 0 ? [at, ...inside] : inside;
}

/** The row with another value there, as a file has it; `undefined` takes the key away, or leaves null in a list. */
const changed = (row: JsonObject, path: Path, value: unknown): JsonObject =>
  JSON.parse(JSON.stringify(replaced(row, path, value)));

function replaced(row: JsonObject, [first, ...rest]: Path, value: unknown): JsonObject {
  const copy: JsonObject = Array.isArray(row) ? ([...row] as unknown as JsonObject) : { ...row };
  if (rest.length > 0) copy[first] = replaced(row[first] as JsonObject, rest, value);
  else copy[first] = value;
  return copy;
}

/** A sentence for the table of bad rows, or an example of the kind that was asked for. */
function outcome(row: JsonObject, rows: RowKind) {
  const read = readRowFor(row, { rows });
  if (typeof read === 'string') {
    expect(read, JSON.stringify(row)).toMatch(/^\S[\s\S]*\.$/);
    return null;
  }
  const kind = { pairs: 'preference', verdicts: 'verdict', answers: read.example.kind }[rows];
  expect(read.example.kind).toBe(kind);
  return read;
}

describe.each(KINDS)('D3: read for %s', (rows) => {
  test('a row with any value of another kind, or without it, is read or refused by a sentence', (context) => {
    for (const row of ROWS)
      for (const path of pathsOf(row))
        for (const value of [undefined, ...JUNK]) {
          injected(context);
          outcome(changed(row, path, value), rows);
        }
  });

  test('what stands in any place of a row is learned, told to be unused, or the row is refused', (context) => {
    for (const row of ROWS)
      for (const path of pathsOf(row)) {
        injected(context);
        const mutated = changed(row, path, CANARY);
        const read = outcome(mutated, rows);
        if (!read) continue;
        const told = read.unused.some((key) => path.some((part) => key.includes(String(part))));
        expect(
          told || JSON.stringify(read.example).includes(CANARY),
          `${JSON.stringify(mutated)} is ${JSON.stringify(read)}`,
        ).toBe(true);
      }
  });

  test('a key more in any object of a row is told to be unused, or the row is refused', (context) => {
    for (const row of ROWS)
      for (const path of [[], ...pathsOf(row)] as Path[]) {
        const inside = path.reduce<unknown>((value, key) => (value as JsonObject)[key], row);
        if (typeof inside !== 'object' || Array.isArray(inside)) continue;
        injected(context);
        const mutated = changed(row, [...path, 'unheard_of'], CANARY);
        const read = outcome(mutated, rows);
        if (!read) continue;
        const told = read.unused.some((key) => key.includes('unheard_of'));
        expect(
          told || JSON.stringify(read.example).includes(CANARY),
          `${JSON.stringify(mutated)} is ${JSON.stringify(read)}`,
        ).toBe(true);
      }
  });
});

test('D3: of a file of mutated rows every one is used, dropped or named, and nothing else happens', async (context) => {
  const tokenizer = await tinyTokenizer();
  const place = fc.record({
    row: fc.constantFrom(...ROWS),
    at: fc.nat(1000),
    value: fc.constantFrom(undefined, ...JUNK),
  });
  const files = fc.record({
    kind: fc.constantFrom(...KINDS, undefined),
    rows: fc.array(place, { minLength: 2, maxLength: 6 }),
  });
  await fc.assert(
    fc.asyncProperty(files, async ({ kind, rows }) => {
      injected(context, rows.length);
      const lines = rows.map(({ row, at, value }) => {
        const paths = pathsOf(row);
        return JSON.stringify(changed(row, paths[at % paths.length], value));
      });
      const { report } = await openDataset(new Blob([lines.join('\n')]), tokenizer, {
        ...{ maxLength: 64, raw: false },
        ...(kind && { rowKind: kind }),
      });
      expect(report.read).toBe(lines.length);
      expect(report.used + report.badCount + report.dropped + report.waiting).toBe(lines.length);
      const named = [...report.bad, ...report.droppedRows].map(({ line }) => line);
      expect(named).toHaveLength(report.badCount + report.dropped);
      expect(new Set(named).size).toBe(named.length);
    }),
    { numRuns: 200, seed: 17 },
  );
});
