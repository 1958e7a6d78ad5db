import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { z } from 'zod';

const SAMPLES = new URL('../../../../public/samples/', import.meta.url);

/** The page takes its own list as it is. */
const SampleIndex = z.array(
  z.strictObject({
    file: z.string(),
    title: z.string().min(1),
    description: z.string().min(1),
    rows: z.int(),
    format: z.string(),
    prompts: z.array(z.string().min(1)).min(1),
  }),
);

test('the list of samples has what the page shows, and the rows that the files have', () => {
  const index = SampleIndex.parse(JSON.parse(readFileSync(new URL('index.json', SAMPLES), 'utf8')));
  expect(index.length).toBeGreaterThan(0);
  for (const { file, rows } of index)
    expect(readFileSync(new URL(file, SAMPLES), 'utf8').trimEnd().split('\n'), file).toHaveLength(rows);
});
