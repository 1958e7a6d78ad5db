import { beforeEach, expect, test, vi } from 'vitest';
import { LAB, takeDropped } from '../../../../src/app/lab/experiments.ts';
import { MissingPart } from '../../../../src/app/shared/import-part.ts';
import { NO_DISTIL, useDistil } from '../../../../src/app/state/distil.ts';
import { NO_LADDER, useLadder } from '../../../../src/app/state/ladder.ts';
import { setApp } from '../../../../src/app/state/store.ts';

/** What reads documents is a part of the page that comes late. */
const reader = vi.hoisted(() => ({ comes: true }));
vi.mock(import('../../../../src/app/shared/import-part.ts'), async (original) => {
  const { importPart, MissingPart, ...rest } = await original();
  return {
    ...{ ...rest, MissingPart },
    importPart: (async (load) => {
      if (!reader.comes) throw new MissingPart(false, null);
      return importPart(load);
    }) as typeof importPart,
  };
});

const files = [{ path: 'a.md', file: new File(['Ann bought shoes.'], 'a.md') }];

beforeEach(() => {
  reader.comes = true;
  useLadder.setState(NO_LADDER, true);
  useDistil.setState(NO_DISTIL, true);
  setApp({ tab: 'lab', lab: 'ladder' });
});

test('each experiment has one place, a name and a sentence of its own', () => {
  for (const key of ['id', 'label', 'sentence'] as const)
    expect(new Set(LAB.map((one) => one[key])).size).toBe(LAB.length);
  for (const { sentence } of LAB) expect(sentence).toMatch(/^\p{Lu}.*\.$/u);
});

test('the experiment that is shown takes what it can use', async () => {
  expect(await takeDropped(files)).toBe(true);
  expect(useLadder.getState().documents).toHaveLength(1);
  expect(await takeDropped([{ path: 'rows.jsonl', file: files[0].file }])).toBe(false);
});

test('a distillation takes a file that asks and does not answer', async () => {
  setApp({ lab: 'distil' });
  const file = (name: string, text: string) => [{ path: name, file: new File([text], name) }];
  expect(await takeDropped(file('rows.jsonl', '{"prompt": "a", "completion": "b"}\n'))).toBe(false);
  expect(await takeDropped(files)).toBe(false);
  expect(useDistil.getState().prompts).toBeNull();
  expect(await takeDropped(file('questions.jsonl', '{"prompt": "a"}\n{"prompt": "b"}'))).toBe(true);
  expect(useDistil.getState().prompts?.name).toBe('questions.jsonl');
  setApp({ underWay: 'ladder' });
  expect(await takeDropped(file('other.txt', 'Where is it?'))).toBe(true);
  expect(useDistil.getState()).toMatchObject({
    prompts: { name: 'questions.jsonl' },
    error: { code: 'busy' },
  });
  setApp({ underWay: null });
});

test('where the part that takes it did not come, whoever dropped it is told', async () => {
  reader.comes = false;
  for (const lab of ['ladder', 'distil'] as const) {
    setApp({ lab });
    await expect(takeDropped(files)).rejects.toThrow(MissingPart);
  }
});
