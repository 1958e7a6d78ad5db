import { expect, test } from 'vitest';
import { sizeOf } from '../../../../src/app/take/size.ts';
import { wordsOf } from '../../../../src/export/format.ts';
import { merged } from '../../../../src/export/formats/merged.ts';
import { mergedGguf } from '../../../../src/export/formats/merged-gguf.ts';
import { peft } from '../../../../src/export/formats/peft.ts';

test('how large a download is, about', () => {
  expect(sizeOf(wordsOf(peft, null), null, { parameters: 1e6 }, 1000)).toBe(4000);
  expect(sizeOf(wordsOf(peft, null), null, { parameters: 1e6 }, null)).toBeNull();
  expect(sizeOf(wordsOf(merged, null), null, { parameters: 1e6 }, null)).toBe(2e6);
  expect(sizeOf(wordsOf(mergedGguf, null), 'q8', { parameters: 1e6 }, null)).toBe(1_062_500);
});
