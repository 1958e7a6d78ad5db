import { PATIENCE } from '../patience.ts';

/**
 * The page in a browser that is driven by its own protocol: what the visits need of Firefox and of WebKit alike.
 * Functions that are given to `evaluate` run in the page and know nothing of the test.
 */
export interface Tab {
  /** `Firefox 153.8.0` */
  readonly name: string;
  /** Where downloads go. */
  readonly downloads: string;
  /** Errors and warnings of the console and of the page. */
  readonly complaints: string[];
  /** Requests to anywhere but `localhost`, where the browser tells. */
  readonly foreign: string[];
  goto(url: string): Promise<void>;
  reload(): Promise<void>;
  evaluate<T, A extends unknown[]>(run: (...args: A) => T | Promise<T>, ...args: A): Promise<T>;
  /** Runs a library's text in the page, which the page's own policy would not allow to itself. */
  addScript(text: string): Promise<void>;
  /** Clicks, as a person would, on the first element of these that can be seen and is called `name`. */
  click(role: Role, name: string): Promise<void>;
  /** Keys by their names in the DOM, or single characters, to whatever has the focus. */
  press(...keys: string[]): Promise<void>;
  resize(width: number, height: number): Promise<void>;
  screenshot(path: string): Promise<void>;
  /** Answers yes to whatever the page asks on leaving, where the browser asks at all. */
  close(): Promise<void>;
  /** Ends the browser as a crash would. */
  kill(): Promise<void>;
}

export type Role = 'button' | 'tab' | 'checkbox' | 'radio' | 'link';

/**
 * In the page: the element with this role and accessible name that can be seen, or null. A name that ends in `…` is the
 * beginning of one.
 */
export function elementCalled(role: string, name: string): HTMLElement | null {
  const selectors: Record<string, string> = {
    button: 'button, [role="button"]',
    tab: '[role="tab"]',
    checkbox: 'input[type="checkbox"]',
    radio: 'input[type="radio"]',
    link: 'a[href]',
  };
  const words = (text: string | null | undefined) => (text ?? '').replace(/\s+/g, ' ').trim();
  const nameOf = (element: HTMLElement) =>
    words(element.getAttribute('aria-label')) ||
    words((element as HTMLInputElement).labels?.[0]?.textContent) ||
    words(element.textContent);
  const fits = (text: string) => (name.endsWith('…') ? text.startsWith(name.slice(0, -1)) : text === name);
  for (const element of document.querySelectorAll<HTMLElement>(selectors[role])) {
    if (!fits(nameOf(element))) continue;
    const shown =
      role === 'radio' || role === 'checkbox'
        ? ((element as HTMLInputElement).labels?.[0] ?? element)
        : element;
    const { width, height } = shown.getBoundingClientRect();
    if (width > 0 && height > 0 && getComputedStyle(shown).visibility !== 'hidden') return shown;
  }
  return null;
}

/** Polls until `test` gives something. It gives up after `PATIENCE`, with what `test` gave last or threw. */
export async function until<T>(what: string, test: () => Promise<T>): Promise<NonNullable<T>> {
  const begin = Date.now();
  for (;;) {
    let last: unknown;
    try {
      const value = await test();
      if (value) return value;
      last = value;
    } catch (error) {
      last = error;
    }
    if (Date.now() - begin > PATIENCE) throw new Error(`Waited in vain for ${what}: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** Waits for the run's status and step, as `tests/e2e/look.ts` does: for ever while anything changes. */
export async function waitForRun(tab: Tab, wanted: { status?: string; step?: number }): Promise<void> {
  let text = '';
  let changed = Date.now();
  for (;;) {
    const now = await tab.evaluate(() => ({
      text: document.body?.textContent ?? '',
      status: document.querySelector('[aria-label="Status"]')?.textContent ?? '',
      step: Number.parseInt(document.querySelector('[aria-label="Step"]')?.textContent ?? '', 10) || 0,
    }));
    if (now.status.startsWith(wanted.status ?? '') && now.step >= (wanted.step ?? 0)) return;
    if (now.status.startsWith('Failed')) throw new Error(`The run failed: ${now.text.slice(0, 2000)}`);
    if (now.text !== text) changed = Date.now();
    text = now.text;
    if (Date.now() - changed > PATIENCE)
      throw new Error(`Waited in vain for ${JSON.stringify(wanted)}: ${text.slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

export const textOf = (tab: Tab, selector = 'body'): Promise<string> =>
  tab.evaluate((at: string) => document.querySelector(at)?.textContent ?? '', selector);
