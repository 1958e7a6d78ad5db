import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { openFirefox } from '../firefox.ts';
import { screensBefore, screensOfRun } from '../screens.ts';
import { erase, offline, resume, withoutStorage } from '../visits.ts';
import { visit } from '../walk.ts';

test('its screens before a run', () => visit(openFirefox(), screensBefore));

test('its screens in a run and after it', () => visit(openFirefox(), screensOfRun));

test('a run goes on after its browser was killed', async () => {
  const profile = mkdtempSync(join(tmpdir(), 'lowrank-profile-'));
  await visit(openFirefox({ profile }), (first, url) =>
    resume(first, url, async (then) => {
      await first.kill();
      await visit(openFirefox({ profile }), async (second) => {
        await second.goto(url);
        await then(second);
      });
    }),
  );
  rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

test('without a network it opens and trains', () => visit(openFirefox(), offline));

test('what it keeps can be erased', () => visit(openFirefox(), erase));

test('a private window trains and keeps nothing', () =>
  visit(openFirefox({ preferences: { 'browser.privatebrowsing.autostart': true } }), withoutStorage));
