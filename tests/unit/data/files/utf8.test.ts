import { gzipSync } from 'fflate';
import { expect, test } from 'vitest';
import { wholeText } from '../../../../src/data/files/utf8.ts';

const TEXT = 'Über 5 °C – ça va?';
const utf8 = new TextEncoder().encode(TEXT);
const utf16 = new Uint8Array(new Uint16Array([0xfeff, ...[...TEXT].map((c) => c.charCodeAt(0))]).buffer);
const windows1252 = Uint8Array.from([...TEXT], (c) => (c === '–' ? 0x96 : c.charCodeAt(0)));
const read = (bytes: Uint8Array<ArrayBuffer>, name = 'notes.md') => wholeText(new File([bytes], name));

test.each([
  ['UTF-8', utf8, []],
  ['UTF-8 with a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, ...utf8), []],
  ['UTF-16', utf16, ['notes.md is read as UTF-16 text.']],
  [
    'Windows-1252',
    windows1252,
    ['notes.md is no UTF-8 and is read as Windows-1252 text; save it as UTF-8 if letters are wrong.'],
  ],
  ['packed', new Uint8Array(gzipSync(utf8)), []],
])('a document in %s is its text, and what it was read as is told', async (_, bytes, notes) => {
  expect(await read(bytes as Uint8Array<ArrayBuffer>)).toEqual({ text: TEXT, notes });
});

test('what is no text is refused, whatever its ending', async () => {
  const pdf = new TextEncoder().encode('%PDF-1.7\n%âãÏÓ\n');
  await expect(read(pdf, 'notes.txt')).rejects.toMatchObject({
    code: 'wrong-file',
    message: expect.stringContaining('notes.txt'),
  });
  await expect(read(utf8.slice(0, 1))).rejects.toMatchObject({ code: 'wrong-file' });
});
