import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { firstScriptFaults } from '../../../../scripts/check/first-script.mjs';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

function faults(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'first-script-'));
  trees.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return firstScriptFaults(root);
}

it('names the way to a package that is to come later, however many files lie between', () => {
  expect(
    faults({
      'src/app/main.tsx': "import { size } from '../methods/size.ts';",
      'src/methods/size.ts': "import { a } from './a.ts';\nexport * from './config.ts';",
      'src/methods/a.ts': '',
      'src/methods/config.ts': "import { z } from 'zod';",
    }),
  ).toEqual([
    'src/app/main.tsx → src/methods/size.ts → src/methods/config.ts → zod: zod is not to be in the first script. Import what needs it when it is wanted.',
  ]);
});

it('lets types, what is imported when it is wanted, workers and comments be', () => {
  expect(
    faults({
      'src/app/main.tsx': [
        "import type { Z } from './schema.ts';",
        "import { type A, type B } from './schema.ts';",
        "export const later = () => import('./schema.ts');",
        "import worker from './schema.ts?worker';",
        "// import { z } from 'zod';",
        "import { useState } from 'react';",
      ].join('\n'),
      'src/app/schema.ts': "import { z } from 'zod';",
    }),
  ).toEqual([]);
});

it('sees one value among types, and an import without names', () => {
  for (const line of [
    "import { type A, z } from 'zod';",
    "import 'zod';",
    "import z, { type A } from 'zod/v4';",
  ])
    expect(faults({ 'src/app/main.tsx': line }), line).toHaveLength(1);
});

it('finds nothing on the page', () => {
  expect(firstScriptFaults(new URL('../../../../', import.meta.url).pathname)).toEqual([]);
});
