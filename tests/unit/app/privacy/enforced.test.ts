import { expect, test } from 'vitest';
import { enforcedText } from '../../../../src/app/privacy/enforced.ts';

test('says what this browser cannot hold a page to', () => {
  expect(enforcedText(true, 156)).toMatch(/^The browser enforces it: .*Nothing else/);
  // Firefox and Safari have no Chromium version; older Chromium does not know the allowlist.
  for (const chromium of [0, 147])
    expect(enforcedText(true, chromium)).toMatch(/cannot stop a page from opening another address.*WebRTC/);
  expect(enforcedText(false, 156)).toMatch(/^Nothing here makes the browser enforce that/);
});
