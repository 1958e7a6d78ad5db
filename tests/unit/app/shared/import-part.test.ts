import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What the page and its workers fetch only when it is needed: each with the test in which it does not come. */
const LATE: Record<string, string> = {
  'app/actions/run.ts ./fill-steps.ts': 'tests/unit/app/state/connection.test.ts',
  'app/actions/open-data.ts ../../data/forms/list.ts': 'tests/unit/app/actions/open-data.test.ts',
  'app/answers/answers.tsx ./data-tab.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/answers/answers.tsx ../history/runs-tab.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/answers/late-parts.tsx ./next-tokens.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/answers/data-tab.tsx ./row-losses.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/answers/side-by-side.tsx ./learned-from.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/check/check.tsx ./check-dialog.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/glossary/explanation.tsx ./panel.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/header/help.tsx ../help/help-dialog.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/header/present.tsx ../present/screen.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/live/live-part.tsx ./live-answer.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/live/live-answer.tsx ./clip.ts': 'tests/unit/app/state/connection.test.ts',
  'app/actions/results.ts ../outcome/result-file.ts': 'tests/unit/app/state/connection.test.ts',
  'app/actions/results.ts ../outcome/read-score-card.ts': 'tests/unit/app/state/connection.test.ts',
  'app/report/report-tab.tsx ./save-score.ts': 'tests/unit/app/state/connection.test.ts',
  'app/report/report-tab.tsx ./save.ts': 'tests/unit/app/state/connection.test.ts',
  'app/actions/ladder-inputs.ts ../../data/files/utf8.ts': 'tests/unit/app/actions/ladder-inputs.test.ts',
  'app/answers/answers.tsx ../lab/lab-tab.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/lab/experiments.ts ../actions/distil-inputs.ts': 'tests/unit/app/lab/experiments.test.ts',
  'app/lab/experiments.ts ../actions/tasks-inputs.ts': 'tests/unit/app/lab/experiments.test.ts',
  'app/lab/experiments.ts ../tasks/tasks.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/lab/experiments.ts ../distil/distil.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/lab/experiments.ts ../actions/frontier-inputs.ts': 'tests/unit/app/lab/experiments.test.ts',
  'app/lab/experiments.ts ../actions/ladder-inputs.ts': 'tests/unit/app/lab/experiments.test.ts',
  'app/lab/experiments.ts ../frontier/frontier.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/lab/experiments.ts ../ladder/ladder.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/shell/drop-anywhere.tsx ../lab/experiments.ts': 'tests/unit/app/state/connection.test.ts',
  'app/report/when-printed.ts ./print.ts': 'tests/unit/app/state/connection.test.ts',
  'app/run/finished.tsx ./ask-first.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/run/first-visit.tsx ./by-hand.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/run/late-parts.tsx ../expectations/expect-place.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/run/late-parts.tsx ../merging/merge-place.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/run/late-parts.tsx ./held-out-table.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/run/late-parts.tsx ./virtual-tokens.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/run/loss-card.tsx ./loss-chart.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/setup/data-card.tsx ./columns.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/sweep/sweep.tsx ./sweep-dialog.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/tour/tour-row.tsx ./tour.tsx': 'tests/gpu/app/regions.test.tsx',
  'app/state/connection.ts ../../worker/api/client.ts': 'tests/unit/app/state/connection.test.ts',
  'worker/api/client.ts ../compute/run-worker.ts': 'tests/unit/app/state/connection.test.ts',
  'worker/files/data-client.ts ./data-worker.ts': 'tests/unit/worker/files/data-client.test.ts',
  'worker/patterns/pattern-met.ts ./pattern-worker.ts': 'tests/gpu/app/pattern-met.test.ts',
};

/** Imports and workers by the file that asks for them. */
function late(folder: string): string[] {
  return readdirSync(join('src', folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => {
      const path = `${folder}/${file.replaceAll('\\', '/')}`;
      const source = readFileSync(join('src', path), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
      const found = [
        ...source.matchAll(/\bimport\('([^']+)'\)/g),
        ...source.matchAll(/new URL\('([^']+)', import\.meta\.url\)/g),
        ...source.matchAll(/from '([^']+)\?worker&url'/g),
      ];
      return found.map(([, what]) => `${path} ${what}`).filter((one) => !one.endsWith(' /'));
    });
}

test('every part that is fetched late is fetched away from the page in a test', () => {
  expect([...late('app'), ...late('worker')].sort()).toEqual(Object.keys(LATE).sort());
  for (const test of new Set(Object.values(LATE)))
    expect(readFileSync(test, 'utf8')).toMatch(/(does|did) not come/);
});

test('every dynamic import of the page goes through importPart', () => {
  const bare = late('app').filter((one) => {
    const [path] = one.split(' ');
    return !/importPart|lazyPart|\blate\(/.test(readFileSync(join('src', path), 'utf8'));
  });
  expect(bare).toEqual([]);
});
