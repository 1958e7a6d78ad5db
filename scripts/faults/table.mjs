import { nodeTests } from '../test/needs-node.mjs';

/**
 * The faults that a run must survive, and the tests that inject each. A test belongs to a row when the row's id stands
 * in its name (`G3: …`); every file of a row must hold at least one. `all`: files that only `npm run test:all` runs.
 *
 * @typedef {object} FaultRow
 * @property {string} id
 * @property {string} fault What is injected.
 * @property {string[]} files
 * @property {string[]} [all]
 */

/** @type {FaultRow[]} */
export const FAULTS = [
  {
    id: 'F1',
    fault: 'damaged safetensors files, and random mutations of one',
    files: ['tests/unit/weights/safetensors.test.ts'],
  },
  {
    id: 'F2',
    fault: 'hostile names, numbers beyond 2^53, NaN weights, shards outside the folder',
    files: [
      'tests/unit/weights/safetensors.test.ts',
      'tests/unit/weights/folder.test.ts',
      'tests/unit/weights/convert.test.ts',
      'tests/unit/weights/quantised.test.ts',
    ],
  },
  {
    id: 'F3',
    fault: 'damaged GGUF files, and random mutations of one',
    files: ['tests/unit/weights/gguf/source.test.ts', 'tests/unit/export/exports.test.ts'],
  },
  {
    id: 'F4',
    fault: 'a config that disagrees with its tensors',
    files: ['tests/unit/model/families/parse.test.ts'],
  },
  {
    id: 'F5',
    fault: 'a chat template that never ends',
    files: ['tests/unit/data/text/template.test.ts', 'tests/gpu/faults/template.test.ts'],
  },
  {
    id: 'F6',
    fault:
      'adapter folders of every method: cut, of other shapes, names and types, of other bases, with other configs',
    files: ['tests/unit/methods/damaged.test.ts', 'tests/unit/methods/dora.test.ts'],
  },
  {
    id: 'D1',
    fault: 'damaged data files',
    files: ['tests/unit/data/dataset.test.ts', 'tests/unit/data/files/long-line.test.ts'],
    all: ['tests/faults/large-data.test.ts'],
  },
  {
    id: 'D2',
    fault: 'rows with nothing to learn after the cut',
    files: [
      'tests/unit/data/dataset.test.ts',
      'tests/unit/data/pairs.test.ts',
      'tests/unit/data/prompted.test.ts',
      'tests/unit/worker/compute/runs.test.ts',
    ],
  },
  {
    id: 'D3',
    fault:
      'rows of every form with values of another kind, keys more and keys less, for every kind of objective',
    files: ['tests/unit/data/forms/mutated.test.ts'],
  },
  {
    id: 'S1',
    fault: 'settings that cannot be, and settings of another method or objective',
    files: ['tests/unit/run/settings/mutated.test.ts', 'tests/unit/worker/compute/run-plan.test.ts'],
  },
  {
    id: 'M1',
    fault: 'a start, or virtual tokens, that the base, its precision or the rows cannot give',
    files: [
      'tests/unit/methods/lora/starts/starts.test.ts',
      'tests/unit/methods/lora/starts/eva.test.ts',
      'tests/unit/methods/prompt.test.ts',
      'tests/unit/worker/compute/run-plan.test.ts',
    ],
  },
  {
    id: 'T1',
    fault: 'a teacher that is missing, has other tokens, cannot read the rows, or does not fit',
    files: ['tests/unit/worker/compute/teacher.test.ts'],
  },
  {
    id: 'G1',
    fault: 'no WebGPU, plain http, no shader-f16, small bindings',
    files: ['tests/unit/worker/compute/hardware.test.ts', 'tests/gpu/quantised.test.ts'],
  },
  {
    id: 'G2',
    fault: 'no memory for the k-th buffer',
    files: ['tests/gpu/faults/device.test.ts', 'tests/unit/app/actions/fix.test.ts'],
  },
  {
    id: 'G3',
    fault: 'the device destroyed in every phase; the GPU process crashed',
    files: [
      'tests/unit/worker/compute/runs.test.ts',
      'tests/unit/app/actions/fix.test.ts',
      'tests/gpu/faults/device.test.ts',
      'tests/faults/page.test.ts',
    ],
    all: ['tests/gpu/faults/every-phase.test.ts'],
  },
  {
    id: 'G4',
    fault: 'a graphics card that no longer answers; a page that is reloaded in mid-run',
    files: [
      'tests/unit/worker/compute/device-lost.test.ts',
      'tests/gpu/faults/device.test.ts',
      'tests/faults/page.test.ts',
    ],
  },
  {
    id: 'G5',
    fault: 'a kernel that computes wrong numbers',
    files: ['tests/gpu/tuner.test.ts'],
    all: ['tests/gpu/faults/every-phase.test.ts'],
  },
  {
    id: 'G6',
    fault: 'loss or gradient not a number at step k',
    files: ['tests/unit/run/trainer.test.ts', 'tests/gpu/adamw.test.ts'],
  },
  { id: 'G7', fault: 'steps too long for a watchdog', files: ['tests/unit/engine/gpu/pace.test.ts'] },
  {
    id: 'L1',
    fault: 'a tab that is hidden, throttled and frozen',
    files: ['tests/unit/worker/compute/device-lost.test.ts', 'tests/faults/page.test.ts'],
  },
  {
    id: 'L2',
    fault: 'killed while it writes a checkpoint; checkpoints cut or changed',
    files: [
      'tests/unit/run/checkpoint.test.ts',
      'tests/unit/scripts/checkpoints.test.ts',
      'tests/gpu/faults/storage.test.ts',
    ],
  },
  {
    id: 'L3',
    fault: 'a second tab; files left locked',
    files: ['tests/gpu/faults/storage.test.ts', 'tests/faults/page.test.ts'],
  },
  { id: 'L4', fault: 'no room in the browser’s storage', files: ['tests/faults/page.test.ts'] },
  { id: 'L5', fault: 'site data wiped in mid-run', files: ['tests/e2e/at-rest.test.ts'] },
  {
    id: 'L6',
    fault: 'runs cut, killed and resumed',
    files: [
      'tests/unit/run/checkpoint.test.ts',
      'tests/unit/methods/resume.test.ts',
      'tests/unit/objectives/resume.test.ts',
      'tests/gpu/resume.test.ts',
      'tests/gpu/dora.test.ts',
      'tests/e2e/resume.test.ts',
      'tests/e2e/teacher.test.ts',
    ],
    all: ['tests/gpu/faults/long-run.test.ts'],
  },
  { id: 'N1', fault: 'downloads cut or changed', files: ['tests/unit/weights/hub.test.ts'] },
  { id: 'N2', fault: 'a hub that refuses', files: ['tests/unit/weights/hub.test.ts'] },
  { id: 'N3', fault: 'no network after the first visit', files: ['tests/e2e/offline.test.ts'] },
  {
    id: 'P1',
    fault: 'a canary in the data, sent over every channel',
    files: ['tests/e2e/privacy.test.ts'],
  },
  {
    id: 'O1',
    fault: 'adapters beside those of real PEFT',
    files: ['tests/unit/methods/peft.test.ts'],
    all: ['scripts/parity.mjs'],
  },
];

/** The files of a row, in the quick part or in all of it. */
export function filesOf(/** @type {FaultRow} */ row, /** @type {boolean} */ all) {
  return all ? [...row.files, ...(row.all ?? [])] : row.files;
}

const inNode = new Set(nodeTests());

/** Who runs a file: a Vitest project, or the comparisons of `npm run parity`. */
export function projectOf(/** @type {string} */ file) {
  if (file.startsWith('scripts/')) return 'parity';
  if (file.startsWith('tests/unit/')) return inNode.has(file) ? 'unit-node' : 'unit';
  return file.startsWith('tests/gpu/') ? 'gpu' : 'e2e';
}
