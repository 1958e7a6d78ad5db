import { mkdirSync, openAsBlob, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../paths.mjs';
import { importTypeScript } from '../typescript.mjs';
import { ensureLlamaCpp } from './llama-cpp.mjs';
import { probabilityError, softmax } from './probabilities.mjs';
import { run } from './run.mjs';

/** What each model of fields.py must be refused for, by format; whatever is not named must be written, and be right. */
const MLX_PATHS = { mlx: /mlx-lm has its layers under other paths/ };
const both = (/** @type {RegExp} */ why) => ({ 'merged-gguf': why, mlx: why });
const MLX_LAYERS = { mlx: /layer_types says otherwise/ };
const REFUSED = /** @type {Record<string, Record<string, RegExp>>} */ ({
  'llama-gelu': both(/SiLU alone/),
  'llama-yarn-betas': { 'merged-gguf': /YaRN/ },
  'llama-yarn-attention': both(/YaRN/),
  'mistral-window': both(/no sliding window/),
  'qwen2-window': both(/no sliding window/),
  'qwen3-biases': both(/no biases/),
  'qwen3-window': both(/no sliding window/),
  gemma3: MLX_LAYERS,
  'gemma3-pattern': MLX_LAYERS,
  'gemma3-linear': MLX_LAYERS,
  'gemma3-untied': MLX_LAYERS,
  'gemma3-scale': { ...MLX_LAYERS, 'merged-gguf': /query_pre_attn_scalar/ },
  'gemma3-biases': both(/no biases/),
  'gemma3-gelu': both(/tanh form/),
  gpt2: MLX_PATHS,
  'gpt2-inner': MLX_PATHS,
  'gpt2-gelu': { ...MLX_PATHS, 'merged-gguf': /tanh form/ },
  'gpt2-unscaled': { ...MLX_PATHS, 'merged-gguf': /scale_attn_weights/ },
  'gpt2-untied': MLX_PATHS,
  'gpt-neox': MLX_PATHS,
  'gpt-neox-tanh': MLX_PATHS,
  'gpt-neox-sequential': MLX_PATHS,
  'gpt-neox-tied': MLX_PATHS,
  'gpt-neox-no-biases': { ...MLX_PATHS, 'merged-gguf': /needs biases/ },
  'gpt-neox-linear': MLX_PATHS,
});

/** Texts that tokenizers part in ways of their own. `<|begin|>` and `<tool>` are added tokens. */
const TEXTS = [
  'Hello, world!',
  ' a  b   c    d',
  'tabs\tand\n\nnewlines\n \n  end ',
  '1 12 123 1234 12345 3.14 1,000',
  "I've we'll they'd IT'S don't",
  '🙂👩‍👩‍👧 émigré naïve Straße',
  '日本語 中文 한국어 العربية हिन्दी',
  '<|begin|>user\nAhoy<|end|>\n<|begin|> pirate <|end|>',
  'a<|end|>b <tool> c<tool>d',
  '<unk> </s> [INST] <0x0A>',
  '____####----====....!!!!',
  '\u00a0\u2003\u3000\ufeff\u200b',
  'x'.repeat(40),
  'The captain sails the seven seas, matey.',
];
/** What NFC composes, and llama.cpp does not. */
const DECOMPOSED = 'e\u0301migre\u0301';

const IDS = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 600);

/**
 * One field of a model after another: each export in the program that it is for, beside PEFT, or its refusal; and ids of
 * texts by llama.cpp, beside transformers.
 * @param {string} python
 * @param {string} folder
 * @param {(line: string) => void} say
 */
export async function fields(python, folder, say) {
  const script = join(ROOT, 'tests/parity/fields.py');
  const place = (/** @type {string[]} */ ...path) => join(folder, ...path);
  await run(python, [script, 'make', '--out', folder, '--text', join(ROOT, 'public/samples/pirate.jsonl')]);
  const { models, tokenizers } = JSON.parse(readFileSync(place('models.json'), 'utf8'));
  const wrong = /** @type {string[]} */ ([]);
  const jobs = [];
  const llama = [];
  for (const name of models) {
    const { written, refused } = await exportsOf(place(name));
    const expected = REFUSED[name] ?? {};
    for (const format of new Set([...Object.keys(refused), ...Object.keys(expected)]))
      if (!expected[format]?.test(refused[format] ?? ''))
        wrong.push(`${name}: ${format} ${refused[format] ?? 'was written'}`);
    jobs.push({
      name,
      base: place(name),
      base_for_mlx: place(name, 'unmerged'),
      ids: IDS,
      peft: place(name, 'peft'),
      merged: place(name, 'merged'),
      ...(written.has('mlx') ? { mlx: place(name, 'mlx') } : {}),
    });
    if (!written.has('merged-gguf')) continue;
    llama.push({ name, what: 'merged GGUF', model: place(name, 'merged.gguf'), ids: IDS });
    llama.push({
      name,
      what: 'GGUF adapter',
      model: place(name, 'base.gguf'),
      lora: place(name, 'adapter.gguf'),
      ids: IDS,
    });
  }
  for (const kind of tokenizers) {
    const name = `tokenizer-${kind}`;
    const { refused } = await exportsOf(place(name));
    if (refused['merged-gguf']) wrong.push(`${name}: ${refused['merged-gguf']}`);
    const texts = (kind === 'gpt-2-nfc' ? TEXTS : [...TEXTS, DECOMPOSED]).map((text) =>
      kind === 'mistral-first' ? `<|begin|>${text}` : text,
    );
    jobs.push({ name, base: place(name), texts });
    llama.push({ name, what: 'ids', model: place(name, 'merged.gguf'), texts });
  }
  writeFileSync(place('jobs.json'), JSON.stringify(jobs));
  writeFileSync(place('llama.json'), JSON.stringify(llama));
  const theirs = new Map(
    (await run(python, [script, 'compute', '--jobs', place('jobs.json')]))
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
      .map((done) => [done.name, done]),
  );
  const program = join(ROOT, 'tests/parity/llama_cpp.mjs');
  const output = await run(process.execPath, [program, ensureLlamaCpp(say), place('llama.json')]);
  const { results } = JSON.parse(output.trim().split('\n').at(-1) ?? '');

  let largest = 0;
  let compared = 0;
  const hold = (/** @type {string} */ what, /** @type {number} */ error, /** @type {number} */ bound) => {
    compared++;
    largest = Math.max(largest, error / bound);
    if (!(error <= bound)) wrong.push(`${what}: off by ${error.toPrecision(3)}`);
  };
  for (const { name, ids } of jobs) {
    if (!ids) continue;
    const { peft, base, merged, mlx } = theirs.get(name);
    if (!(difference(base, peft) > 0.1)) wrong.push(`${name}: the adapter makes no difference`);
    hold(`${name}: merged`, difference(merged, peft), 1e-4);
    if (typeof mlx === 'string') wrong.push(`${name}: MLX: ${mlx}`);
    else if (mlx) hold(`${name}: MLX`, difference(mlx, peft), 5e-3);
  }
  for (const [i, { name, what, texts }] of llama.entries()) {
    const result = results[i];
    if (result.error) wrong.push(`${name}: ${what}: ${result.error}`);
    else if (texts)
      for (const [n, text] of texts.entries()) {
        compared++;
        if (JSON.stringify(result.texts[n]) !== JSON.stringify(theirs.get(name).texts[n]))
          wrong.push(
            `${name}: ${JSON.stringify(text)} is ${result.texts[n]}, not ${theirs.get(name).texts[n]}`,
          );
      }
    else hold(`${name}: ${what}`, probabilityError(softmax(theirs.get(name).peft), result), 0.02);
  }
  return { compared, largest, wrong };
}

/** Every export of a model with a made adapter. @returns {Promise<{ written: Set<string>, refused: Record<string, string> }>} */
async function exportsOf(/** @type {string} */ folder) {
  const {
    openFolder,
    parseConfig,
    initialAdapter,
    adapterModules,
    exportAdapter,
    FORMATS,
    writeMergedGguf,
    writeMerged,
  } = await sources();
  const names = readdirSync(folder).filter((name) => /\.(json|safetensors|jinja)$/.test(name));
  const files = await Promise.all(
    names.map(async (name) => ({ path: `model/${name}`, blob: await openAsBlob(join(folder, name)) })),
  );
  const source = await openFolder(files);
  const config = parseConfig(source.config, source.tensors, source.generationConfig);
  const settings = { rank: 4, alpha: 6, dropout: 0, targets: ['all'] };
  const weights = initialAdapter(adapterModules(config, ['all']), settings, 1);
  for (const [key, values] of weights.values)
    if (key.endsWith('lora_B'))
      for (let i = 0; i < values.length; i++) values[i] = 0.2 * Math.sin(i * 1.7 + key.length);
  const written = new Set();
  const refused = /** @type {Record<string, string>} */ ({});
  const places = /** @type {Record<string, string>} */ ({
    'merged-gguf': 'merged.gguf',
    gguf: 'adapter.gguf',
  });
  for (const format of FORMATS) {
    if (format.from !== 'adapter') continue;
    const target = places[format.id] ?? format.id;
    const dtype = format.merged ? 'f32' : null;
    try {
      const { files: made } = await exportAdapter(format, {
        ...{ source, config, weights, dtype, target, chat: false, record: null },
      });
      for (const { path, blob } of made)
        await save(format.file ? join(folder, target) : join(folder, target, path), blob);
      written.add(format.id);
    } catch (error) {
      refused[format.id] = error instanceof Error ? error.message : String(error);
    }
  }
  if (written.has('merged-gguf')) {
    const { blob } = await writeMergedGguf({ source, config, weights: null, dtype: 'f32' });
    await save(join(folder, 'base.gguf'), blob);
  }
  // mlx-lm reads only the older form of the rotary settings, which transformers no longer writes; we write both.
  const none = { ...weights, modules: [] };
  for (const { path, blob } of await writeMerged({ source, config, weights: none, dtype: 'f32' }))
    await save(join(folder, 'unmerged', path), blob);
  return { written, refused };
}

async function save(/** @type {string} */ path, /** @type {Blob} */ blob) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, new Uint8Array(await blob.arrayBuffer()));
}

async function sources() {
  const [folder, parse, parameters, names, exporting, list, mergedGguf, merged] = await Promise.all(
    [
      'src/weights/folder.ts',
      'src/model/families/parse.ts',
      'src/methods/parameters.ts',
      'src/model/families/names.ts',
      'src/export/export.ts',
      'src/export/formats/list.ts',
      'src/export/formats/merged-gguf.ts',
      'src/export/formats/merged.ts',
    ].map(importTypeScript),
  );
  return /** @type {any} */ ({
    ...folder,
    ...parse,
    ...parameters,
    ...names,
    ...exporting,
    ...list,
    ...mergedGguf,
    ...merged,
  });
}

/** max |a − b| / max(1, max |b|) */
function difference(/** @type {number[]} */ a, /** @type {number[]} */ b) {
  const largest = Math.max(1, ...b.map(Math.abs));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]))) / largest;
}
