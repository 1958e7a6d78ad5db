import { afterEach, describe, expect, test, vi } from 'vitest';
import { sandboxed } from '../../../scripts/chrome.mjs';

/** Launches that find no sandbox, or fail for another reason. */
function launching(failure: string | null) {
  const asked: boolean[] = [];
  const launch = async (sandbox: boolean) => {
    asked.push(sandbox);
    if (sandbox && failure) throw new Error(failure);
    return 'open';
  };
  return { asked, launch };
}

describe('the browser’s sandbox', () => {
  afterEach(() => vi.restoreAllMocks());

  test('is kept where there is one, and given up with a word where there is none', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    const kept = launching(null);
    expect(await sandboxed(kept.launch, () => {})).toBe('open');
    expect(kept.asked).toEqual([true]);
    const none = launching('[FATAL] No usable sandbox!');
    const said: string[] = [];
    const launched = sandboxed(none.launch, (line) => said.push(line));
    if (process.platform === 'linux') {
      expect(await launched).toBe('open');
      expect(none.asked).toEqual([true, false]);
      expect(said).toHaveLength(1);
    } else await expect(launched).rejects.toThrow('sandbox');
  });

  test('is not given up for another failure', async () => {
    vi.spyOn(process, 'getuid').mockReturnValue(1000);
    const { asked, launch } = launching('spawn ENOENT');
    await expect(sandboxed(launch, () => {})).rejects.toThrow('ENOENT');
    expect(asked).toEqual([true]);
  });
});
