import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentsInput } from '../../../scripts/headless/documents.mjs';
import { differing } from '../../../scripts/headless/kept-identity.mjs';
import { keptRungs } from '../../../scripts/headless/kept-rungs.mjs';
import { ladderTraining } from '../../../scripts/headless/ladder-training.mjs';
import { isDocument } from '../../../src/lab/ladder/passages.ts';
import { rung } from '../lab/ladder/measured.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'lowrank-ladder-'));
const IDENTITY = { '--data': 'a', rank: 8 };

describe('rungs that are measured', () => {
  test('are there for who goes on, each whole', () => {
    const out = folder();
    const kept = keptRungs(out);
    expect(kept.all()).toEqual([]);
    kept.keep(IDENTITY, rung('base', 3));
    kept.keep(IDENTITY, rung('tuned+retrieval', 5));
    expect(readdirSync(join(out, 'rungs')).sort()).toEqual(['base.json', 'tuned+retrieval.json']);
    expect(keptRungs(out).all()).toEqual([
      { identity: IDENTITY, rung: rung('base', 3) },
      { identity: IDENTITY, rung: rung('tuned+retrieval', 5) },
    ]);
    writeFileSync(join(out, 'rungs/prompt.json'), '{"identity": {}, "rung": {"rows": [');
    expect(kept.all()).toHaveLength(2);
  });

  test('go where a ladder begins afresh, and what others put there stays', () => {
    const out = folder();
    const kept = keptRungs(out);
    kept.keep(IDENTITY, rung('base', 3));
    writeFileSync(join(out, 'rungs/notes.txt'), 'mine');
    kept.clear();
    expect(readdirSync(join(out, 'rungs'))).toEqual(['notes.txt']);
    const other = keptRungs(folder());
    other.clear();
    expect(other.all()).toEqual([]);
  });

  test('are of another ladder where anything that decides it differs, which is named', () => {
    expect(differing(IDENTITY, { rank: 8, '--data': 'a' })).toEqual([]);
    expect(differing(IDENTITY, { '--data': 'b', rank: 8, seed: 1 })).toEqual(['--data', 'seed']);
  });
});

test('an adapter is taken again only where it is whole and of this very ladder', () => {
  const out = folder();
  const adapter = join(out, 'adapter');
  mkdirSync(adapter);
  const finished = () => ladderTraining(out).finished(IDENTITY)?.training ?? null;
  for (const name of ['adapter_config.json', 'adapter_model.safetensors', 'run.json'])
    writeFileSync(join(adapter, name), '{}');
  expect(finished()).toBeNull();
  const record = (identity: object) =>
    writeFileSync(
      join(adapter, 'training.json'),
      JSON.stringify({ identity, training: { train_seconds: 3 } }),
    );
  record({ ...IDENTITY, rank: 4 });
  expect(finished()).toBeNull();
  record(IDENTITY);
  expect(finished()).toEqual({ train_seconds: 3 });
  writeFileSync(join(adapter, 'training.json'), '{"identity"');
  expect(finished()).toBeNull();
});

test('documents are the texts of a folder and those below, and others are named', () => {
  const documents = folder();
  mkdirSync(join(documents, 'more'));
  for (const name of ['b.md', 'a.TXT', 'more/c.html', 'table.pdf']) writeFileSync(join(documents, name), 'x');
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  expect(documentsInput(documents, isDocument, say).map((path: string) => basename(path))).toEqual([
    'a.TXT',
    'b.md',
    'c.html',
  ]);
  expect(said).toEqual([expect.stringMatching(/^Warning: --documents: 1 file .*table\.pdf/)]);
  expect(documentsInput(undefined, isDocument, say)).toEqual([]);
  expect(() => documentsInput(join(documents, 'none'), isDocument, say)).toThrow('there is no folder');
  expect(() => documentsInput(folder(), isDocument, say)).toThrow('has no text');
});
