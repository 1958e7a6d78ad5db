import { afterEach, describe, expect, test, vi } from 'vitest';
import { copyText } from '../../../../src/app/shared/copy-text.ts';
import { repairLanguage } from '../../../../src/app/shared/language.ts';
import { chooseToKeep, keepsNothing } from '../../../../src/app/state/keeping.ts';
import { schemeManager } from '../../../../src/app/theme/color-scheme.ts';
import { dropPageFiles, keepPageFiles } from '../../../../src/service-worker/register.ts';
import { keptData } from '../../../../src/worker/storage/at-rest.ts';
import { pastRuns } from '../../../../src/worker/storage/history-store.ts';
import { beginRecord, savedRun } from '../../../../src/worker/storage/run-store.ts';

/** Browsers that lack what most have, or refuse it: private windows, blocked storage, pages without https. */

afterEach(() => vi.unstubAllGlobals());

const refused = async (): Promise<never> => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};
const blocked = new Proxy(
  {},
  {
    get() {
      throw new DOMException('Access is denied for this document.', 'SecurityError');
    },
  },
);

test('the language "C" gives way to English, and any other stays', () => {
  const navigator = { language: 'C' };
  expect(() => new Intl.NumberFormat(navigator.language)).toThrow(RangeError);
  repairLanguage(navigator);
  expect(new Intl.NumberFormat(navigator.language).format(1.5)).toBe('1.5');
  const german = { language: 'de-AT' };
  repairLanguage(german);
  expect(german.language).toBe('de-AT');
});

test.each([
  ['without a clipboard', {}],
  ['with one that refuses', { clipboard: { writeText: refused } }],
])('%s nothing is copied, and the button can say so', async (_, navigator) => {
  vi.stubGlobal('navigator', navigator);
  expect(await copyText('text')).toBe(false);
});

test('with a clipboard the text is on it', async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  expect(await copyText('text')).toBe(true);
  expect(writeText).toHaveBeenCalledWith('text');
});

describe.each([
  ['no storage at all', {}],
  ['no private files', { storage: {} }],
  ['private files that are refused', { storage: { getDirectory: refused } }],
])('%s', (_, navigator) => {
  test('there is no saved run, and one that begins says in words why it is not kept', async () => {
    vi.stubGlobal('navigator', navigator);
    expect(await savedRun()).toBeNull();
    const request = {} as Parameters<typeof beginRecord>[3];
    const begun = beginRecord(
      'x',
      { choice: { kind: 'bundled' }, name: 'x' },
      { choice: { kind: 'sample', file: 'x' }, files: [] },
      request,
    );
    await expect(begun).rejects.toThrow('this browser gives the page no storage, as in a private window');
  });

  test('nothing is kept', async () => {
    vi.stubGlobal('navigator', navigator);
    vi.stubGlobal('indexedDB', undefined);
    const kept = await keptData();
    expect(JSON.stringify(kept)).not.toMatch(/[1-9]/);
  });
});

test('without IndexedDB there are no past runs', async () => {
  vi.stubGlobal('indexedDB', undefined);
  expect(await pastRuns()).toEqual([]);
});

test('where storage is blocked nothing is kept, and the theme follows the system', () => {
  vi.stubGlobal('localStorage', blocked);
  expect(keepsNothing()).toBe(true);
  chooseToKeep(true);
  const scheme = schemeManager();
  scheme.set('dark');
  expect(scheme.get('auto')).toBe('auto');
});

test.each([
  ['without service workers', {}],
  [
    'with service workers that are refused',
    { serviceWorker: { register: refused, getRegistration: refused } },
  ],
])('%s the page’s files are neither kept nor dropped', async (_, navigator) => {
  vi.stubEnv('DEV', false);
  vi.stubGlobal('navigator', navigator);
  // Node has no document, and a browser lets nobody replace its own.
  if (typeof document === 'undefined') vi.stubGlobal('document', { baseURI: 'http://localhost/' });
  await keepPageFiles();
  await dropPageFiles();
  vi.unstubAllEnvs();
});
