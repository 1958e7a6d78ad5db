// `npm run faults -- [--only ID] [--quick] [--json]`: injects the table of faults (scripts/faults/table.mjs) and says
// what was survived. `--quick` is the part that `npm test` runs anyway.
import { ensureDependencies } from './dependencies.mjs';
import { end } from './end.mjs';
import { flagsOf } from './headless/flags.mjs';

ensureDependencies();
const { ensureChrome } = await import('./chrome.mjs');
const { FAULTS, filesOf, projectOf } = await import('./faults/table.mjs');
const { rowsOf, tableOf } = await import('./faults/rows.mjs');
const { runParity } = await import('./test/run-parity.mjs');
const { runVitest } = await import('./test/run-vitest.mjs');

const say = (/** @type {string} */ line) => console.error(line);

/** @returns {never} */
function refuse(/** @type {string} */ why) {
  say(why);
  process.exit(2);
}

const {
  only = null,
  quick = false,
  json = false,
} = flagsOf('faults', 'Injects the faults that a run must survive, and reports what was lost.', [
  { name: 'only', kind: 'text', value: 'ID', help: 'One row of the table of faults.' },
  { name: 'quick', kind: 'switch', help: 'The part that `npm test` runs anyway.' },
  { name: 'json', kind: 'switch', help: 'One JSON object on standard output and nothing else.' },
]);
const chosen = FAULTS.filter(({ id }) => only === null || id === only);
if (chosen.length === 0)
  refuse(`--only: there is no fault ${only}; there are ${FAULTS.map(({ id }) => id).join(', ')}.`);
const all = !quick;
/** What ends a part: nothing has begun or ended for so long. */
const silence = (all ? 60 : 15) * 60_000;

try {
  process.env.LOWRANK_CHROME = await ensureChrome(say);
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

const files = [...new Set(chosen.flatMap((row) => filesOf(row, all)))];
const pattern = `\\b(${chosen.map(({ id }) => id).join('|')})\\b`;
/** @type {import('./faults/rows.mjs').Tested[]} */
const tested = [];
for (const project of ['unit', 'unit-node', 'gpu', 'e2e', 'parity']) {
  const mine = files.filter((file) => projectOf(file) === project);
  if (mine.length === 0) continue;
  say(`${project}: ${mine.length} ${mine.length === 1 ? 'file' : 'files'} …`);
  const ended =
    project === 'parity'
      ? await runParity({ all: false, silence, say })
      : await runVitest(project, { all, silence, say, files: mine, pattern });
  tested.push(...ended.files);
}

const rows = rowsOf(tested, { all, only });
if (json)
  console.log(
    JSON.stringify({
      rows: rows.map(({ id, injected, survived, lost, pass }) => ({ id, injected, survived, lost, pass })),
    }),
  );
else console.log(tableOf(rows));
await end(rows.every(({ pass }) => pass) ? 0 : 1);
