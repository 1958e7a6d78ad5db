import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Tab, textOf, until } from './tab.ts';
import { PICTURES } from './walk.ts';

/** How the page must look in any browser, and the dialogs over it. */

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Axe finds nothing, nothing hangs over the page's side, and nothing scrolls sideways but code and tables. */
export async function checkLook(tab: Tab, where: string): Promise<void> {
  await tab.evaluate(async () => {
    const moves = (one: Animation) =>
      one.playState === 'running' && one.effect?.getComputedTiming().endTime !== Infinity;
    // A transition begins a few frames after what asked for it.
    for (let calm = 0; calm < 6; calm = document.getAnimations().some(moves) ? 0 : calm + 1)
      await new Promise(requestAnimationFrame);
  });
  mkdirSync(PICTURES, { recursive: true });
  const name = `${tab.name.split(' ')[0]} ${where}`.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  await tab.screenshot(join(PICTURES, `${name}.png`));
  const sideways = await tab.evaluate(() => {
    const found = [document.documentElement, ...document.body.querySelectorAll<HTMLElement>('*')].filter(
      (one) => {
        const { overflowX, paddingRight } = getComputedStyle(one);
        // A column cuts off what WebKit adds behind it, which is no more than its padding.
        const column = one.matches('main > section');
        return (
          one.scrollWidth > one.clientWidth + (column ? Number.parseFloat(paddingRight) : 0) + 1 &&
          (one === document.documentElement || column || /auto|scroll/.test(overflowX)) &&
          !one.matches('pre, pre *, code, [role="tablist"]') &&
          !one.querySelector('table')
        );
      },
    );
    return found.map((one) => `${one.tagName} ${one.className}: ${one.scrollWidth} in ${one.clientWidth}`);
  });
  expect(sideways.join('\n'), `${where}: scrolls sideways`).toBe('');
  if (!(await tab.evaluate(() => 'axe' in window))) await tab.addScript(AXE);
  const violations = await tab.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(o: object): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> };
    };
    const { violations } = await axe.run({ resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`);
  });
  expect(violations.join('\n'), where).toBe('');
}

/** Presses keys that are meant for the page, not for what has the focus. */
export async function pressOnPage(tab: Tab, ...keys: string[]): Promise<void> {
  await tab.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await tab.press(...keys);
}

export const dialogSays = (tab: Tab, text: RegExp) =>
  until(`a dialog that says ${text}`, async () => text.test(await textOf(tab, '[role="dialog"]')));

export async function closeDialog(tab: Tab): Promise<void> {
  await tab.press('Escape');
  await until('the dialog closed', async () => (await textOf(tab, '[role="dialog"]')) === '');
}
