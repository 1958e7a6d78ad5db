import { test } from 'vitest';
import { screensBefore, screensOfRun } from '../screens.ts';
import { erase, offline, withoutStorage } from '../visits.ts';
import { visit } from '../walk.ts';
import { openWebKit } from '../webkit.ts';

// No run can be resumed here: it lies in a file system, which WebKit gives to no page where it is driven.

test('its screens before a run', () => visit(openWebKit(), screensBefore));

test('its screens in a run and after it', () => visit(openWebKit(), screensOfRun));

test('without a network it opens and trains', () => visit(openWebKit(), offline));

test('what it keeps can be erased', () => visit(openWebKit(), erase));

test('without a file system it trains and says that nothing is kept', () =>
  visit(openWebKit(), withoutStorage));
