import { expect, test } from 'vitest';
import { sizeOf } from '../../../../src/app/take/size.ts';
import { merged } from '../../../../src/export/formats/merged.ts';
import { mergedGguf } from '../../../../src/export/formats/merged-gguf.ts';
import { peft } from '../../../../src/export/formats/peft.ts';

test('how large a download is, about', () => {
  expect(sizeOf(peft, null, { parameters: 1e6 }, 1000)).toBe(4000);
  expect(sizeOf(peft, null, { parameters: 1e6 }, null)).toBeNull();
  expect(sizeOf(merged, null, { parameters: 1e6 }, null)).toBe(2e6);
  expect(sizeOf(mergedGguf, 'q8', { parameters: 1e6 }, null)).toBe(1_062_500);
});
