/** Oldest Chromium that was seen to hold navigation, WebRTC and name look-ups to `Connection-Allowlist`. */
const FIRST_WITH_ALLOWLIST = 156;

interface Brands {
  userAgentData?: { brands: readonly { brand: string; version: string }[] };
}

function chromiumVersion(): number {
  const { userAgentData } = navigator as Brands;
  return Number(userAgentData?.brands.find(({ brand }) => brand === 'Chromium')?.version ?? 0);
}

/**
 * What this browser holds the page to, as a sentence for people.
 * @param held whether the workers are under the page's policy; null: not known yet
 */
export function enforcedText(held: boolean | null, chromium = chromiumVersion()): string {
  if (held === null) return 'The page is still starting.';
  if (!held)
    return 'Nothing here makes the browser enforce that: this host sends no policy, and no service worker can add one in this window. For data that must not leave, open the page over HTTPS in an ordinary window.';
  if (chromium >= FIRST_WITH_ALLOWLIST)
    return 'The browser enforces it: this page reaches its own host, and the model hub when you ask for a model. Nothing else, whatever code runs here.';
  return 'The browser enforces it for everything that a page can fetch or send. It cannot stop a page from opening another address, from a name look-up or from a call between browsers (WebRTC); this page does none of these.';
}
