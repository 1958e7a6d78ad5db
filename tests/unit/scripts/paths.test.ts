import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { distilFlags, frontierFlags } from '../../../scripts/headless/flag-tables-lab.mjs';
import { keptDistil } from '../../../scripts/headless/kept-distil.mjs';
import { modelIdentity } from '../../../scripts/headless/kept-identity.mjs';
import { keptPoints } from '../../../scripts/headless/kept-points.mjs';
import * as table from '../../../src/run/settings/list.ts';
import { point } from '../lab/progression/measured.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'lowrank-paths-'));
const IDENTITY = { '--data': 'a' };

test('points that are measured are there for who goes on, and a damaged file is none', () => {
  const out = folder();
  const kept = keptPoints(out);
  expect(kept.read()).toBeNull();
  const about = { metric: 'answers' as const, heldOut: 24, removed: 0 };
  const points = {
    identity: IDENTITY,
    about,
    points: [{ of: ['bundled', 'q4'], point: point('bundled', 'q4', 3) }],
  };
  kept.keep(points);
  expect(keptPoints(out).read()).toEqual(points);
  writeFileSync(join(out, 'points.json'), '{"identity": {}, "points": [');
  expect(kept.read()).toBeNull();
  kept.clear();
  kept.clear();
  expect(kept.read()).toBeNull();
});

test('stages of a distillation likewise', () => {
  const out = folder();
  const kept = keptDistil(out);
  expect(kept.read()).toBeNull();
  const stages = { student: { parameters: 3, tokens_per_second: null, answersOnly: null } };
  kept.keep(IDENTITY, stages);
  expect(keptDistil(out).read()).toEqual({ identity: IDENTITY, stages });
  writeFileSync(join(out, 'distil.json'), '{"identity"');
  expect(kept.read()).toBeNull();
  kept.clear();
  expect(kept.read()).toBeNull();
});

test('a token of the hub is in no identity, which is kept and reported', () => {
  const choice = { kind: 'hub' as const, id: 'a/b', token: 'secret' };
  const identity = modelIdentity({ choice, files: [], kept: 'https://huggingface.co' });
  expect(identity).toEqual([{ kind: 'hub', id: 'a/b' }, []]);
});

test('each flag stands once, and what a path decides itself is none of them', () => {
  for (const [flags, decided] of [
    [frontierFlags(table), ['model', 'base-dtype', 'rungs', 'revision']],
    [distilFlags(table), ['model', 'rungs', 'hub', 'revision', 'documents']],
  ] as const) {
    const names = flags.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of decided) expect(names).not.toContain(name);
    const settings = table.SETTINGS.map(({ flag }) => flag).filter((flag) => flag !== 'base-dtype');
    expect(names).toEqual(expect.arrayContaining(settings));
  }
});
