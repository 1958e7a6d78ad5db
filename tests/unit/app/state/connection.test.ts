import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MissingPart } from '../../../../src/app/shared/import-part.ts';
import { plainError, UserError } from '../../../../src/errors.ts';

const connectWorker = vi.fn();
vi.mock('../../../../src/worker/api/client.ts', () => ({ connectWorker, workerIsHeld: () => true }));

/** The page as its server has it now, where its script is `main-old.js`. */
function serves(script: string): void {
  vi.stubGlobal('document', { querySelector: () => ({ src: 'http://localhost/assets/main-old.js' }) });
  vi.stubGlobal('location', { pathname: '/' });
  vi.stubGlobal('localStorage', { getItem: () => null });
  vi.stubGlobal('fetch', async () => new Response(`<script type="module" src="./assets/${script}">`));
}
beforeEach(() => {
  vi.resetModules();
  connectWorker.mockReset();
});
afterEach(() => vi.unstubAllGlobals());

const connection = () => import('../../../../src/app/state/connection.ts');
const notStarted = () => plainError(new UserError('worker-failed', 'The page could not start its worker.'));

test('a worker that does not come is told as it says, and whoever asks next tries again', async () => {
  serves('main-old.js');
  const { worker } = await connection();
  const api = { train: () => {} };
  connectWorker.mockRejectedValueOnce(notStarted()).mockResolvedValue(api);
  await expect(worker()).rejects.toThrow('worker-failed: The page could not start its worker.');
  expect(await worker()).toBe(api);
  expect(await worker()).toBe(api);
  expect(connectWorker).toHaveBeenCalledTimes(2);
});

test('a worker of a version that is gone asks for a reload', async () => {
  serves('main-new.js');
  const { worker } = await connection();
  connectWorker.mockRejectedValueOnce(notStarted());
  const error = await worker().catch((reason: Error) => reason);
  expect(error).toMatchObject({ name: 'MissingPart', outdated: true });
});

test.each([
  ['main-old.js', false],
  ['main-new.js', true],
])('a chunk that does not come, while the server has %s', async (script, outdated) => {
  serves(script);
  const { importPart } = await import('../../../../src/app/shared/import-part.ts');
  const load = () => Promise.reject(new TypeError('Failed to fetch dynamically imported module'));
  await expect(importPart(load)).rejects.toMatchObject({ name: 'MissingPart', outdated });
});

test('without a connection nobody knows of another version', async () => {
  serves('main-new.js');
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  const { missingPart } = await import('../../../../src/app/shared/import-part.ts');
  expect((await missingPart(null)).outdated).toBe(false);
  expect(new MissingPart(false, null).message).not.toMatch(/TypeError/);
});
