import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ElementSplitter, type ElementsOf } from '../../../../src/data/files/json-elements.ts';

/** Elements of a text that comes in pieces of `size` bytes, as `key entry: text`. */
function elements(text: string, of: ElementsOf, size: number): string[] {
  const found: string[] = [];
  const parts: Uint8Array[] = [];
  const splitter = new ElementSplitter(of, {
    write: (bytes) => void parts.push(bytes),
    end(_line, key, entry) {
      found.push(
        `${key} ${entry}: ${new TextDecoder().decode(Uint8Array.from(parts.splice(0).flatMap((part) => [...part])))}`,
      );
    },
    trailing: (line) => void found.push(`trailing ${line}`),
  });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.slice(at, at + size));
  splitter.end();
  return found;
}

test('however the text is cut into pieces, the elements are the same and whole', () =>
  fc.assert(
    fc.property(
      fc.array(fc.record({ a: fc.string(), b: fc.jsonValue() }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(0, 2),
      (rows, size, space) => {
        const text = (value: unknown) => JSON.stringify(value, null, space);
        const parsed = (found: string[]) =>
          found.map((line) => JSON.parse(line.slice(line.indexOf(': ') + 2)));
        const plain = JSON.parse(JSON.stringify(rows));
        expect(parsed(elements(text(rows), { depth: 1 }, size))).toEqual(plain);
        expect(parsed(elements(rows.map(text).join('\n'), { depth: 0 }, size))).toEqual(plain);
        const wrapped = text({ 'x: y': 1, 'the "rows"': rows, z: [1] });
        expect(parsed(elements(wrapped, { depth: 2, key: 'the "rows"' }, size))).toEqual(plain);
        const named = text({ rows: Object.fromEntries(rows.map((row, i) => [`"${i}`, row])) });
        const entries = elements(named, { depth: 2, key: null }, size);
        expect(parsed(entries)).toEqual(plain);
        expect(entries.map((line) => line.slice(0, line.indexOf(': ')))).toEqual(
          rows.map((_, i) => `rows ${JSON.stringify(`"${i}`)}`),
        );
      },
    ),
  ));

test('what stands after the end is told once', () => {
  expect(elements('[1]\n\n{"a": 2} x', { depth: 1 }, 4)).toEqual([' : 1', 'trailing 3']);
});
