import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { documentsInput } from '../../../scripts/headless/documents.mjs';
import { differing } from '../../../scripts/headless/kept-identity.mjs';
import { keptRungs } from '../../../scripts/headless/kept-rungs.mjs';
import { ladderApart } from '../../../scripts/headless/ladder-apart.mjs';
import { ladderTraining } from '../../../scripts/headless/ladder-training.mjs';
import { trainingOfAll } from '../../../src/lab/ladder/apart.ts';
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

describe('one adapter for each part', () => {
  const KINDS = {
    ...{ names: ['refund', 'colour'], by: 'words' as const, training: [3, 2], heldOut: [0, 1, 1] },
    leaveOut: [
      [3, 4],
      [0, 1, 2],
    ],
  };
  const REQUEST = { settings: { rank: 4 } } as never;

  /** A page that trains in no time, and writes down what it is asked. */
  function headless(interruptAt = 0) {
    const done: unknown[] = [];
    const received = new Map<string, Buffer>();
    let trained = 0;
    const lowrank = {
      generalLoss: async (strength: number) => (strength === 0 ? 1 : 1 + trained),
      async train(request: { leaveOut: number[] }) {
        trained++;
        done.push(['train', request.leaveOut]);
        return {
          interrupted: trained === interruptAt,
          steps: 5,
          seconds: 2,
          memory: { peak_bytes: 10 * trained },
        };
      },
      async sendAdapterFiles() {
        const names = ['adapter_config.json', 'adapter_model.safetensors', 'run.json'];
        for (const name of names) received.set(`adapter/${name}`, Buffer.from(`${name} ${trained}`));
        return names;
      },
      addSource: async () => ({
        id: `source ${done.filter((one) => Array.isArray(one) && one[0] === 'load').length}`,
      }),
      async measureApart(ids: string[]) {
        done.push(['measure', ids]);
        return rung('apart', 3);
      },
    };
    const page = {
      async setInputFiles(input: string, files: string[]) {
        if (input === '#adapter' && files.length > 0) done.push(['load', basename(join(files[0], '..'))]);
        else done.push(`${input} is empty`);
      },
    };
    const bridge = {
      evaluate: (work: (on: typeof lowrank, given: unknown) => unknown, given: unknown) =>
        work(lowrank, given),
    };
    const inbox = { path: (name: string) => name, received };
    return { done, of: { page, bridge, inbox } as never };
  }

  const asked = {
    ...{ kinds: KINDS, identity: IDENTITY, request: REQUEST, resume: true, trainingOfAll, say: () => {} },
  };

  test('each is trained from nothing on its own rows, and all are measured together', async () => {
    const out = folder();
    const { done, of } = headless();
    const measured = await ladderApart(out).measure(of, asked);
    const empty = ['#adapter is empty', '#checkpoint is empty'];
    expect(done).toEqual([
      ...[...empty, ['train', [3, 4]], ...empty, ['train', [0, 1, 2]]],
      ...[
        ['load', '1'],
        ['load', '2'],
        ['measure', ['source 1', 'source 2']],
      ],
    ]);
    expect(measured).toMatchObject({
      ...{ name: 'apart', train_seconds: 4, memory_bytes: 20 },
      ...{ elsewhere_before: 1, elsewhere_after: 2.5 },
    });
    expect(readdirSync(join(out, 'apart')).sort()).toEqual(['1', '2']);
  });

  test('what was trained stays, and what was interrupted goes on', async () => {
    const out = folder();
    const first = headless(2);
    expect(await ladderApart(out).measure(first.of, asked)).toEqual({ interruptedAfter: 5 });
    const again = headless();
    await ladderApart(out).measure(again.of, asked);
    expect(again.done.filter((one) => Array.isArray(one) && one[0] === 'train')).toEqual([
      ['train', [0, 1, 2]],
    ]);
    // Other kinds are other adapters.
    const other = headless();
    const kinds = { ...KINDS, leaveOut: [[3], [0, 1, 2]] };
    await ladderApart(out).measure(other.of, { ...asked, kinds });
    expect(other.done.filter((one) => Array.isArray(one) && one[0] === 'train')).toEqual([['train', [3]]]);
  });
});
