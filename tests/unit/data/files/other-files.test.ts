import { expect, test } from 'vitest';
import { asJsonLines } from '../../../../src/data/files/as-json-lines.ts';

const ZIP = [0x50, 0x4b, 3, 4];
const file = (name: string, bytes: readonly number[] | string) =>
  new File([typeof bytes === 'string' ? bytes : new Uint8Array(bytes)], name);
const office = [...ZIP, ...new Uint8Array(26), ...new TextEncoder().encode('[Content_Types].xml')];

test.each([
  ['sheet.xlsx', ZIP, 'a spreadsheet; save it as “CSV UTF-8”'],
  ['a', office, 'an Office document'],
  ['old.xls', [0xd0, 0xcf, 0x11, 0xe0], 'an Office document'],
  ['rows.zip', ZIP, 'a zip archive that cannot be read'],
  ['photo.png', [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13], 'not a text file'],
  ['page.pdf', '%PDF-1.7', 'not a text file'],
])('%s is refused and says what to do', async (name, bytes, what) => {
  await expect(asJsonLines([file(name, bytes)])).rejects.toThrow(`The file is ${what}`);
  const rows = file('rows.jsonl', '{"text":"a"}\n');
  await expect(asJsonLines([rows, file(name, bytes)])).rejects.toThrow(`${name} is ${what}`);
});

test('rows with a damaged line are not refused', async () => {
  const damaged = file('rows.jsonl', '{"text":"a"}\n\0\0\n{"text":"b"}\n');
  expect((await asJsonLines([damaged])).blob).toBe(damaged);
});
