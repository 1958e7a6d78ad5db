// `npm run shader-stats -- [--compiler nvcc|radv|anv] [--only TEXT] [--clamps none|workgroup|all] [--keep FOLDER] [--json]`:
// the kernels of a GPU in machine code, without a GPU: by NVIDIA's compiler (translated into CUDA C++), and by Mesa's for
// AMD and Intel behind Chromium's. Registers, spills, occupancy, what the inner loop consists of, and where its threads
// read and write. A compiler that is not here is named in a sentence. docs/benchmarks.md has the tables.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureDependencies } from './dependencies.mjs';
import { end } from './end.mjs';
import { flagsOf } from './headless/flags.mjs';

ensureDependencies();
const { kernelTexts } = await import('./shader-stats/kernels.mjs');
const { compile, findTools } = await import('./shader-stats/nvcc.mjs');
const { accessCosts } = await import('./shader-stats/banks.mjs');
const { AMD_GPUS, compileForAmd } = await import('./shader-stats/amd.mjs');
const { compileForIntel, INTEL_GPUS } = await import('./shader-stats/intel.mjs');
const { amdTable, intelTable, nvidiaTable } = await import('./shader-stats/table.mjs');

/** @typedef {import('./shader-stats/kernels.mjs').Text} Text */
/** @typedef {{ title: string, rows: object[], table: string }} Section */

const say = (/** @type {string} */ line) => console.error(line);

/** @returns {never} */
function refuse(/** @type {string} */ why) {
  say(why);
  process.exit(2);
}

const {
  compiler = null,
  only = '',
  clamps = 'none',
  keep = null,
  json = false,
} = flagsOf('shader-stats', 'What the machine code of the GPU’s kernels looks like, without a GPU.', [
  { name: 'compiler', kind: 'text', value: 'nvcc|radv|anv', help: 'One of them: NVIDIA, AMD, Intel.' },
  { name: 'only', kind: 'text', value: 'TEXT', help: 'Kernels whose name has this in it.' },
  {
    ...{ name: 'clamps', kind: 'text', value: 'none|workgroup|all' },
    help: 'Which indices nvcc’s text holds within their array.',
  },
  { name: 'keep', kind: 'text', value: 'FOLDER', help: 'Where texts and machine code are kept.' },
  { name: 'json', kind: 'switch', help: 'One JSON object on standard output and nothing else.' },
]);
if (!['none', 'workgroup', 'all'].includes(clamps))
  refuse(`--clamps is none, workgroup or all, not ${clamps}.`);
if (!['nvcc', 'radv', 'anv', null].includes(compiler))
  refuse(`--compiler is nvcc, radv or anv, not ${compiler}.`);

const folder = keep ? resolve(keep) : mkdtempSync(join(tmpdir(), 'lowrank-shaders-'));
mkdirSync(folder, { recursive: true });
if (!keep) process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const nameOf = (/** @type {Text} */ { group, label }) => `${group}, ${label}`;
const texts = (await kernelTexts()).filter((text) => nameOf(text).includes(only));
if (texts.length === 0) refuse(`--only: no kernel has “${only}” in its name.`);
/** @type {Section[]} */
const sections = [];

if (compiler === null || compiler === 'nvcc') {
  const tools = findTools(say);
  if (typeof tools === 'string') say(tools);
  else {
    const rows = texts.map((text) => {
      const file = nameOf(text).replace(/\W+/g, '-');
      if (keep) writeFileSync(join(folder, `${file}.wgsl`), text.code);
      say(`nvcc: ${nameOf(text)} …`);
      const at = (/** @type {import('./shader-stats/occupancy.mjs').Architecture} */ architecture) =>
        compile(tools, text.code, { architecture, clamps, folder, name: file });
      const accesses = accessCosts(text.code, folder);
      return { name: nameOf(text), sm_80: at('sm_80'), sm_90: at('sm_90'), accesses };
    });
    const title = `NVIDIA, nvcc ${tools.version}: sm_80 / sm_90 where they differ; indices clamped: ${clamps}`;
    sections.push({ title, rows, table: nvidiaTable(rows) });
  }
}

/** @template T @returns {{ name: string, figures: T }[]} */
const named = (/** @type {T[]} */ figures) =>
  figures.map((one, i) => ({ name: nameOf(texts[i]), figures: one }));

if (compiler === null || compiler === 'radv')
  for (const gpu of AMD_GPUS) {
    const figures = compileForAmd(texts, gpu, folder);
    if (typeof figures === 'string') say(figures);
    else {
      const rows = named(figures);
      sections.push({ title: `AMD, Mesa’s RADV as ${gpu}`, rows, table: amdTable(rows) });
    }
  }

if (compiler === null || compiler === 'anv')
  for (const gpu of /** @type {(keyof typeof INTEL_GPUS)[]} */ (Object.keys(INTEL_GPUS))) {
    const asked = (await kernelTexts({ subgroupsOf8: true })).filter((text) => nameOf(text).includes(only));
    const figures = compileForIntel(asked, gpu, folder);
    if (typeof figures === 'string') say(figures);
    else {
      const rows = named(figures);
      sections.push({ title: `Intel, Mesa’s ANV as ${gpu}`, rows, table: intelTable(rows) });
    }
  }

const shown = sections.map(({ title, table }) => `${title}\n\n${table}`).join('\n\n');
console.log(json ? JSON.stringify(sections.map(({ title, rows }) => ({ title, rows }))) : shown);
await end(sections.length > 0 ? 0 : 1);
