import { beforeEach, expect, test, vi } from 'vitest';
import { LAB, takeDropped } from '../../../../src/app/lab/experiments.ts';
import { MissingPart } from '../../../../src/app/shared/import-part.ts';
import { NO_DISTIL, useDistil } from '../../../../src/app/state/distil.ts';
import { NO_FRONTIER, useFrontier } from '../../../../src/app/state/frontier.ts';
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
  useFrontier.setState(NO_FRONTIER, true);
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

test('a comparison of models takes a model into its list', async () => {
  setApp({ lab: 'frontier' });
  const entry = (path: string, text = '') => ({ path, file: new File([text], path.split('/').at(-1)!) });
  const model = [entry('half/config.json'), entry('half/model.safetensors')];
  expect(await takeDropped([entry('rows.jsonl', '{}')])).toBe(false);
  expect(
    await takeDropped([entry('tuned/adapter_config.json'), entry('tuned/adapter_model.safetensors')]),
  ).toBe(false);
  expect(useFrontier.getState().models).toHaveLength(1);
  expect(await takeDropped(model)).toBe(true);
  expect(await takeDropped([entry('small.gguf', 'GGUF')])).toBe(true);
  expect(useFrontier.getState().models.map(({ pick }) => pick)).toMatchObject([
    { kind: 'open' },
    { kind: 'files', name: 'half', choice: { kind: 'folder' } },
    { kind: 'files', name: 'small.gguf', choice: { kind: 'gguf' } },
  ]);
  setApp({ underWay: 'ladder' });
  expect(await takeDropped(model)).toBe(true);
  expect(useFrontier.getState()).toMatchObject({ models: { length: 3 }, error: { code: 'busy' } });
  setApp({ underWay: null });
});

test('where the part that takes it did not come, whoever dropped it is told', async () => {
  reader.comes = false;
  for (const lab of ['ladder', 'distil', 'tasks', 'frontier'] as const) {
    setApp({ lab });
    await expect(takeDropped(files)).rejects.toThrow(MissingPart);
  }
});
