import { MantineProvider } from '@mantine/core';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { page as browserPage } from 'vitest/browser';
import { lazyPart } from '../../../src/app/region/lazy-part.tsx';
import { Region } from '../../../src/app/region/region.tsx';
import { App, Remains } from '../../../src/app/shell/app.tsx';
import { EMPTY_RUN, type RunView } from '../../../src/app/state/run.ts';
import { getApp, setApp, type Tab } from '../../../src/app/state/store.ts';
import { wordsOf } from '../../../src/export/format.ts';
import { FORMATS, type FormatId } from '../../../src/export/formats/list.ts';

/** In a browser, since React catches what a component throws only where there is a document. */

/** Every part is there before the first test: one that is fetched late would come while words are compared. */
import.meta.glob(['../../../src/app/**/*.tsx', '!../../../src/app/main.tsx'], { eager: true });

let host: HTMLElement;
let root: Root;

/** Wide enough for all three columns. */
beforeEach(() => browserPage.viewport(1440, 900));

/** As they come with the model that a run is on. */
beforeEach(() => setApp({ exports: FORMATS.map((format) => wordsOf<FormatId>(format, null)) }));

const begin = () => {
  root = createRoot(host, { onCaughtError: () => {} });
};
beforeEach(() => {
  host = document.body.appendChild(document.createElement('div'));
  begin();
});
afterEach(() => {
  root.unmount();
  host.remove();
  vi.restoreAllMocks();
  setApp({ run: EMPTY_RUN, tab: 'samples' });
});

const text = () => host.textContent ?? '';
const buttons = (label: string) =>
  [...host.querySelectorAll('button')].filter((button) => button.textContent?.startsWith(label));
const trouble = () => [...host.querySelectorAll('[role="alert"]')].map((box) => box.textContent);

function Bomb(): never {
  throw new TypeError('undefined is not a function');
}

/** The names of all regions that are drawn; the one that `breakOne` names throws. */
function watchRegions() {
  const names = new Set<string>();
  let broken: string | null = null;
  const render = Region.prototype.render;
  vi.spyOn(Region.prototype, 'render').mockImplementation(function (this: Region) {
    names.add(this.props.name);
    return broken === this.props.name && !this.state.failed ? <Bomb /> : render.call(this);
  });
  return {
    names,
    breakOne: (name: string | null) => {
      broken = name;
    },
  };
}

const page = () => (
  <Region name="The root">
    <MantineProvider>
      <Region name="The page" instead={<Remains />}>
        <App />
      </Region>
    </MantineProvider>
  </Region>
);

/** What the page says once what it fetches late is there too, which React may keep back for 300 ms after another part. */
async function settled(): Promise<string> {
  let said = text();
  for (let calm = 0; calm < 12; calm++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (text() !== said) calm = 0;
    said = text();
  }
  return said;
}

const SCREENS: { screen: string; state: RunView['state']; button: string; tabs: Tab[] }[] = [
  {
    screen: 'before a run',
    state: 'idle',
    button: 'Train',
    tabs: ['samples', 'compare', 'data', 'weights', 'runs'],
  },
  { screen: 'during a run', state: 'training', button: 'Stop', tabs: ['samples', 'weights'] },
  { screen: 'after a run', state: 'finished', button: 'Train', tabs: ['take', 'report'] },
];

test.each(SCREENS)(
  '$screen, what one region throws leaves the others, and can be tried again',
  async ({ state, button, tabs }) => {
    const { names, breakOne } = watchRegions();
    for (const tab of tabs) {
      setApp({ run: { ...EMPTY_RUN, state }, tab });
      names.clear();
      root.render(page());
      await expect.poll(() => names.size).toBeGreaterThan(8);
      const whole = await settled();
      for (const name of [...names]) {
        breakOne(name);
        root.unmount();
        begin();
        root.render(page());
        await expect.poll(trouble).toEqual([expect.stringContaining(`${name} could not be shown.`)]);
        expect(text(), name).not.toMatch(/TypeError|undefined/);
        // The run's buttons and its download are at hand, whatever failed but the root of all.
        if (name !== 'The root') {
          expect(buttons(button).length, name).toBeGreaterThan(0);
          if (state !== 'idle' && name !== 'The download') expect(text(), name).toContain('Export');
        }
        breakOne(null);
        buttons('Try again')[0].click();
        await expect.poll(text).toBe(whole);
      }
    }
  },
);

test('a chunk that did not come is fetched again when the person tries again', async () => {
  const load = vi
    .fn(async () => ({ default: () => <p>the chart</p> }))
    .mockRejectedValueOnce(new TypeError('Failed to fetch dynamically imported module: http://x/chart-1.js'));
  const Part = lazyPart(load);
  root.render(
    <Region name="The loss chart">
      <Part />
    </Region>,
  );
  await expect.poll(text).toContain('The loss chart could not be shown.');
  expect(text()).toContain('a file of the page did not arrive');
  expect(text()).not.toMatch(/TypeError|dynamically/);
  buttons('Try again')[0].click();
  await expect.poll(text).toBe('the chart');
  expect(load).toHaveBeenCalledTimes(2);
});

test('a chunk of a version that is gone asks for a reload, after the run', async () => {
  vi.spyOn(document, 'querySelector').mockImplementation(() =>
    Object.assign(document.createElement('script'), { src: 'http://localhost/assets/main-abc.js' }),
  );
  vi.spyOn(window, 'fetch').mockImplementation(
    async () => new Response('<script type="module" src="./assets/main-def.js">'),
  );
  const Part = lazyPart<object>(() => Promise.reject(new TypeError('Failed to fetch')));
  setApp({ run: { ...EMPTY_RUN, state: 'training' } });
  root.render(
    <Region name="The loss chart">
      <Part />
    </Region>,
  );
  await expect.poll(text).toContain('reload the page once the run has ended');
  expect(buttons('Reload the page')).toHaveLength(0);
  setApp({ run: { ...getApp().run, state: 'finished' } });
  await expect.poll(() => buttons('Reload the page').length).toBe(1);
  expect(text()).toContain('download what you want to keep');
});
