import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { importFaults, importGraph } from '../../../../scripts/check/imports.mjs';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

function tree(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'imports-'));
  trees.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

const orders = [{ within: 'src', floors: [['page'], ['run', 'export'], ['ops', 'errors.ts']] }];
const faults = (files: Record<string, string>) => importFaults(tree(files), { orders });

it('finds nothing in a tree whose imports run down', () => {
  expect(
    faults({
      'src/page/main.tsx':
        "import { train } from '../run/train.ts';\nimport type { Kind } from '../errors.ts';",
      'src/run/train.ts': "import { add } from '../ops/add.ts';\nimport { step } from './step.ts';",
      'src/run/step.ts': '',
      'src/ops/add.ts': "import shader from '../../shaders/add.wgsl?raw';",
      'src/errors.ts': '',
      'shaders/add.wgsl': '',
    }),
  ).toEqual([]);
});

it('names each file of a circle once, also where only types close it', () => {
  expect(
    faults({
      'src/run/a.ts': "import { b } from './b.ts';",
      'src/run/b.ts': "export { c } from './c.ts';",
      'src/run/c.ts': "import type { A } from './a.ts';",
    }),
  ).toEqual(['src/run/a.ts → src/run/b.ts → src/run/c.ts → src/run/a.ts: a circle of imports.']);
});

it('names an import that runs up, one that runs sideways, and one that leaves src', () => {
  expect(
    faults({
      'src/page/main.tsx': '',
      'src/run/train.ts': "import { zip } from '../export/zip.ts';",
      'src/export/zip.ts': "import { pack } from '../../scripts/pack.mjs';",
      'src/ops/add.ts': "import type { Run } from '../run/train.ts';",
      'scripts/pack.mjs': '',
    }).sort(),
  ).toEqual([
    'src/export/zip.ts → scripts/pack.mjs: src never imports from scripts.',
    'src/ops/add.ts → src/run/train.ts: runs up; in src, run stands above ops.',
    'src/run/train.ts → src/export/zip.ts: runs sideways; in src, export and run share a floor.',
  ]);
});

it('names a file that stands on no floor', () => {
  expect(faults({ 'src/new/a.ts': '' })).toEqual([
    'src/new/a.ts: stands on no floor of src (scripts/check/floors.mjs).',
  ]);
});

it('sees imports in every spelling, and none in comments or other texts', () => {
  const spellings = [
    "import {\n  a,\n  type A,\n} from './a.ts';",
    'import "./b.ts";',
    "const c = await import('./c.ts');",
    "let d: import('./d.ts').D;",
    "new Worker(new URL('./e.ts', import.meta.url));",
    "import url from './f.ts?worker&url';",
    "export * from './g';",
    "// import './no.ts'",
    "/* import './no.ts' */",
    "const text = 'a line from ./no.ts';",
  ];
  const names = ['a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts', 'f.ts', 'g.tsx'];
  const root = tree({
    'src/ops/all.ts': spellings.join('\n'),
    ...Object.fromEntries([...names, 'no.ts'].map((name) => [`src/ops/${name}`, ''])),
  });
  expect(importGraph(root).get('src/ops/all.ts')).toEqual(names.map((name) => `src/ops/${name}`));
});

it('finds nothing wrong with this project', () => {
  expect(importFaults(process.cwd())).toEqual([]);
});

it('names a room that stands on two floors, of which the upper would hide the lower', () => {
  const twice = [{ within: 'src', floors: [['page', 'ops'], ['run'], ['ops']] }];
  expect(importFaults(tree({ 'src/page/main.tsx': '' }), { orders: twice })).toEqual([
    'ops: stands twice in the order of src (scripts/check/floors.mjs).',
  ]);
});
