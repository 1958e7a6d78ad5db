import { expect, test, vi } from 'vitest';
import type { UserError } from '../../../../src/errors.ts';
import { type OpenModel, Workspace } from '../../../../src/worker/compute/workspace.ts';
import type { RemoteDataset } from '../../../../src/worker/files/data-client.ts';

/** A workspace with a model, whose data worker finds so many rows in a file. */
function withModel() {
  const workspace = new Workspace('http://localhost/');
  const model = { config: { learnedPositions: false } } as unknown as OpenModel;
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
