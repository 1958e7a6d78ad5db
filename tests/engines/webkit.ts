import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDisplay } from '../../scripts/browsers/display.mjs';
import { installedWebKit } from '../../scripts/browsers/find.mjs';
import { PATIENCE } from '../patience.ts';
import { elementCalled, type Tab, until } from './tab.ts';
import { type FoundElement, openSession, type Session } from './webdriver.ts';

/**
 * A stock WebKit of GTK on a display without a screen, driven by its own WebDriver. Where it is driven it is as in a
 * private window: it keeps nothing from one start to the next, and gives no page a file system.
 */
export async function openWebKit(): Promise<Tab> {
  const programs = installedWebKit();
  const home = mkdtempSync(join(tmpdir(), 'lowrank-webkit-'));
  const downloads = join(home, 'downloads');
  for (const folder of [downloads, join(home, 'config')]) mkdirSync(folder);
  writeFileSync(join(home, 'config', 'user-dirs.dirs'), `XDG_DOWNLOAD_DIR="${downloads}"\n`);
  const display = await openDisplay(programs.display);
  const port = await freePort();
  const service = spawn(programs.driver, ['-p', String(port)], {
    stdio: 'ignore',
    // The browser that it starts is of its group, and ends with it.
    detached: true,
    env: {
      ...process.env,
      DISPLAY: display.name,
      GDK_BACKEND: 'x11',
      HOME: home,
      XDG_CONFIG_HOME: join(home, 'config'),
      XDG_CACHE_HOME: join(home, 'cache'),
      XDG_DATA_HOME: join(home, 'data'),
    },
  });
  const endAtOnce = () => {
    try {
      process.kill(-service.pid!, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  };
  const ended = new Promise((resolve) => service.once('close', resolve));
  const end = async () => {
    process.off('exit', endAtOnce);
    endAtOnce();
    await ended;
    display.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  process.once('exit', endAtOnce);
  try {
    const session = await openSession(
      `http://127.0.0.1:${port}`,
      {
        browserName: 'MiniBrowser',
        unhandledPromptBehavior: 'accept',
        'webkitgtk:browserOptions': {
          binary: programs.browser,
          args: ['--automation'],
        },
      },
      PATIENCE,
    );
    const name = `WebKitGTK ${session.capabilities.browserVersion}`;
    const tab = tabOf(session, { name, downloads, close: end, kill: end });
    await tab.resize(1440, 900);
    return tab;
  } catch (error) {
    await end();
    throw error;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Keys that are no character, by their numbers in WebDriver. */
const KEYS: Record<string, string> = {
  Escape: '\uE00C',
  Enter: '\uE007',
  Tab: '\uE004',
  ArrowLeft: '\uE012',
  ArrowRight: '\uE014',
};

/**
 * In the page: what it has complained of since this was asked last. WebKit's driver tells of nothing by itself, so a page
 * is listened to from the first question on.
 */
function hearComplaints(): string[] {
  const page = window as { complaints?: string[] };
  if (!page.complaints) {
    const heard: string[] = [];
    page.complaints = heard;
    for (const level of ['error', 'warn'] as const) {
      const write = console[level];
      console[level] = (...words) => {
        heard.push(words.map(String).join(' '));
        write.apply(console, words);
      };
    }
    addEventListener('error', ({ message }) => heard.push(message));
    addEventListener('unhandledrejection', ({ reason }) => heard.push(`unhandled: ${reason}`));
    addEventListener('securitypolicyviolation', ({ blockedURI, effectiveDirective }) =>
      heard.push(`blocked: ${effectiveDirective} ${blockedURI}`),
    );
  }
  return page.complaints.splice(0);
}

function tabOf(session: Session, about: Pick<Tab, 'name' | 'downloads' | 'close' | 'kill'>): Tab {
  const complaints: string[] = [];
  const evaluate: Tab['evaluate'] = async (run, ...args) => {
    const { value, error, heard } = await session.runUntilDone<{
      value: never;
      error?: string;
      heard: string[];
    }>(
      `const done = arguments[arguments.length - 1];
       const end = (result) => done({ ...result, heard: (${hearComplaints})() });
       Promise.resolve().then(() => (${run})(...[...arguments].slice(0, -1)))
         .then((value) => end({ value }), (error) => end({ error: String(error) }));`,
      ...args,
    );
    complaints.push(...heard);
    if (error) throw new Error(error);
    return value;
  };
  return {
    ...about,
    complaints,
    // WebKit's driver tells of no requests.
    foreign: [],
    goto: session.goto,
    reload: session.reload,
    evaluate,
    addScript: (text) => session.run(text),
    async click(role, name) {
      await until(`the ${role} ${name}`, async () => {
        const found = await session.run<FoundElement | null>(
          // Scrolled to the edge, as the driver would, it may lie under the set-up's foot.
          `const found = (${elementCalled})(...arguments);
           found?.scrollIntoView({ block: 'center' });
           return found;`,
          role,
          name,
        );
        if (found) await session.click(found);
        return found;
      });
    },
    async press(...keys) {
      for (const key of keys) await session.press(KEYS[key] ?? key);
    },
    async resize(width, height) {
      // The window has a bar above the page.
      const bar = await evaluate(() => window.outerHeight - window.innerHeight);
      await session.resize(width, height + Math.max(0, bar));
    },
    async screenshot(path) {
      writeFileSync(path, await session.screenshot());
    },
  };
}
