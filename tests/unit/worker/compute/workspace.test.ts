import { afterEach, describe, expect, test, vi } from 'vitest';
import type { UserError } from '../../../../src/errors.ts';
import { type OpenModel, Workspace } from '../../../../src/worker/compute/workspace.ts';
import type { RemoteDataset } from '../../../../src/worker/files/data-client.ts';

/** A workspace with a model, whose data worker finds so many rows in a file. */
function withModel(template = '{{ messages }}') {
  const workspace = new Workspace('http://localhost/');
  const tokenizer = { chatTemplate: template };
  const model = { config: { learnedPositions: false }, source: { tokenizer } } as unknown as OpenModel;
  vi.spyOn(workspace, 'model', 'get').mockReturnValue(model);
  const close = vi.fn();
  const open = (name: string, read: number) => {
    const dataset = { report: { name, read, used: read }, close } as unknown as RemoteDataset;
    vi.spyOn(workspace.data, 'openDataset').mockResolvedValueOnce(dataset);
    const file = new File([], name);
    return workspace.openData({ kind: 'file', file }, { maxLength: 8, raw: false }, 'train', () => {});
  };
  return { workspace, open, close };
}

test('a file without any row is refused, and the data that were open stay', async () => {
  const { workspace, open, close } = withModel();
  await open('rows.jsonl', 3);
  await expect(open('empty.jsonl', 0)).rejects.toMatchObject({
    code: 'no-rows',
    message: expect.stringContaining('empty.jsonl is empty'),
  } satisfies Partial<Record<keyof UserError, unknown>>);
  // The empty one alone is closed.
  expect(close).toHaveBeenCalledTimes(1);
  expect(workspace.dataset('train').report.name).toBe('rows.jsonl');
});

describe('the date that chat templates are given', () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const at = (date: string) => vi.useFakeTimers({ now: new Date(date), toFake: ['Date'] });

  /** Rows that were read at some time; the dates with which they were read since. */
  async function readAt(date: string, template?: string) {
    at(date);
    const { workspace, open } = withModel(template);
    await open('rows.jsonl', 3);
    const read: (string | undefined)[] = [];
    const dataset = {
      report: { name: 'rows.jsonl', read: 3, used: 3 },
      close() {},
    } as unknown as RemoteDataset;
    vi.spyOn(workspace.data, 'openDataset').mockImplementation(async (_files, options) => {
      read.push(options.date);
      return dataset;
    });
    return {
      workspace,
      read,
      runDate: (from: string | null, raw = false) => workspace.runDate(from, raw, () => {}),
    };
  }
  const DATED = "{{ strftime_now('%d %b %Y') }}{{ messages }}";

  test('is that of the rows for a run on the same day, which are not read again', async () => {
    const { workspace, read, runDate } = await readAt('2026-12-01T09:00:00', DATED);
    at('2026-12-01T23:59:58');
    expect(await runDate(null)).toBe('2026-12-01T09:00:00');
    // Over midnight it stays, for rows and for answers.
    at('2026-12-02T00:00:03');
    expect(workspace.date).toBe('2026-12-01T09:00:00');
    expect(read).toEqual([]);
  });

  test('is today for a run that begins on another day, and the rows are read again', async () => {
    const { workspace, read, runDate } = await readAt('2026-12-01T09:00:00', DATED);
    at('2026-12-03T08:00:00');
    expect(await runDate(null)).toBe('2026-12-03T08:00:00');
    expect(read).toEqual(['2026-12-03T08:00:00']);
    expect(workspace.date).toBe('2026-12-03T08:00:00');
  });

  test('is that of its beginning for a run that goes on', async () => {
    const { workspace, read, runDate } = await readAt('2026-12-03T08:00:00', DATED);
    expect(await runDate('2026-12-01T09:00:00')).toBe('2026-12-01T09:00:00');
    expect(read).toEqual(['2026-12-01T09:00:00']);
    // Another adapter is asked on its own date, or today.
    workspace.askAsOn('2026-03-04T15:06:07');
    expect(workspace.date).toBe('2026-03-04T15:06:07');
    workspace.askAsOn(null);
    expect(workspace.date).toBe('2026-12-03T08:00:00');
  });

  test('is nobody’s where the template asks for none, or rows are raw', async () => {
    const plain = await readAt('2026-12-01T09:00:00');
    at('2026-12-03T08:00:00');
    expect(await plain.runDate('2026-12-01T09:00:00')).toBeNull();
    const raw = await readAt('2026-12-01T09:00:00', DATED);
    at('2026-12-03T08:00:00');
    expect(await raw.runDate(null, true)).toBeNull();
    expect([...plain.read, ...raw.read]).toEqual([]);
  });
});

test('rows that were read for something else are read again, once', async () => {
  const { workspace, open, close } = withModel();
  await open('rows.jsonl', 3);
  Object.assign(workspace.dataset('train').report, { rowKind: 'answers' });
  const again = vi
    .spyOn(workspace.data, 'openDataset')
    .mockImplementation(
      async (_files, { rowKind }) =>
        ({ report: { name: 'rows.jsonl', read: 3, used: 0, rowKind }, close }) as unknown as RemoteDataset,
    );
  again.mockClear();
  await workspace.readFor('answers', ['train'], () => {});
  expect(again).not.toHaveBeenCalled();
  await workspace.readFor('pairs', ['train', 'eval'], () => {});
  await workspace.readFor('pairs', ['train'], () => {});
  expect(again).toHaveBeenCalledTimes(1);
  expect(workspace.dataset('train').report.rowKind).toBe('pairs');
});
