import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** Every export by the command, opened again where the commands can; a GGUF base, an adapter that goes on, precision. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = join(folder, 'rows.jsonl');
const sample = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').trimEnd().split('\n');
writeFileSync(rows, `${sample.slice(0, 16).join('\n')}\n`);
const adapter = join(folder, 'adapter');
const device = ['--device', 'wasm'];

async function json(...args: string[]) {
  const { status, stdout, stderr } = await lowrank([...args, '--json']);
  expect(status, stderr).toBe(0);
  return JSON.parse(stdout);
}

const train = (out: string, ...more: string[]) =>
  json('train', ...device, '--model', 'bundled', '--data', rows, '--out', out, '--lr', '1e-2', ...more);

const answer = (...model: string[]) =>
  json('generate', ...device, ...model, '--prompt', 'What is a cup?', '--max-tokens', '12');

beforeAll(async () => {
  await train(adapter, '--steps', '8');
});

const tensors = (file: string) => {
  const bytes = readFileSync(file);
  return bytes.subarray(8 + Number(bytes.readBigUInt64LE(0)));
};

describe('export', () => {
  test.each([
    ['peft', ['README.md', 'adapter_config.json', 'adapter_model.safetensors', 'run.json'], /AutoPeftModel/],
    [
      'mlx',
      ['README.md', 'adapter_config.json', 'adapters.safetensors'],
      /^cd .+ && mlx_lm\.generate --model \.\/base /,
    ],
    [
      'merged',
      [
        'README.md',
        'chat_template.jinja',
        'config.json',
        'generation_config.json',
        'model.safetensors',
        'tokenizer.json',
        'tokenizer_config.json',
      ],
      /transformers/,
    ],
  ] as const)('%s writes a folder', async (format, names, note) => {
    const out = join(folder, format);
    const result = await json(
      ...['export', '--model', 'bundled', '--adapter', adapter, '--format', format, '--out', out],
    );
    expect(Object.keys(result)).toEqual(['format', 'files', 'note']);
    expect(result.format).toBe(format);
    expect(result.note).toMatch(note);
    expect(result.note).toContain(out);
    const paths: string[] = result.files.map(({ path }: { path: string }) => path);
    expect(paths.filter((path) => !path.startsWith('base/')).sort()).toEqual(names);
    // An adapter of the bundled base comes with it: it lies nowhere else.
    const based = format !== 'merged';
    expect(paths.includes('base/model.safetensors')).toBe(based);
    expect(readdirSync(out).sort()).toEqual([...names, ...(based ? ['base'] : [])].sort());
    for (const { path, bytes, sha256 } of result.files) {
      const content = readFileSync(join(out, path));
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });

  test.each(['gguf', 'merged-gguf'])('%s writes one file', async (format) => {
    const out = join(folder, `${format}.gguf`);
    const { files, note } = await json(
      ...['export', '--model', 'bundled', '--adapter', adapter, '--format', format, '--out', out],
      ...(format === 'merged-gguf' ? ['--dtype', 'f32'] : []),
    );
    const content = readFileSync(out);
    expect(content.subarray(0, 4).toString()).toBe('GGUF');
    expect(files).toEqual([
      {
        path: `${format}.gguf`,
        bytes: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      },
    ]);
    expect(note).toContain(out);
  });

  test('the peft export of an adapter has its very tensors', () => {
    expect(tensors(join(folder, 'peft', 'adapter_model.safetensors'))).toEqual(
      tensors(join(adapter, 'adapter_model.safetensors')),
    );
  });

  test('both merged models answer as the adapter on its base does', async () => {
    const expected = await answer('--model', 'bundled', '--adapter', adapter);
    const base = await answer('--model', 'bundled');
    expect(expected.text).not.toBe(base.text);
    for (const model of [join(folder, 'merged'), join(folder, 'merged-gguf.gguf')]) {
      const { input_ids, output_ids } = await answer('--model', model);
      expect([input_ids, output_ids], model).toEqual([expected.input_ids, expected.output_ids]);
    }
  });

  test.each([
    ['gguf', 'f16', '--dtype'],
    ['merged', 'q8', '--dtype'],
    ['onnx', 'f32', '--format'],
  ])('%s in %s is refused by the flag', async (format, dtype, flag) => {
    const out = join(folder, 'refused');
    const { status, lastLine } = await lowrank(
      ['export', '--model', 'bundled', '--adapter', adapter].concat(
        ...[
          ['--format', format],
          ['--dtype', dtype],
          ['--out', out],
        ],
      ),
    );
    expect([status, lastLine.startsWith(`${flag}: `)]).toEqual([2, true]);
  });
});

describe('train', () => {
  test('goes on from an adapter: with no step, its very tensors', async () => {
    const out = join(folder, 'same');
    const { trainable_parameters } = await train(out, '--steps', '0', '--init-adapter', adapter);
    expect(trainable_parameters).toBeGreaterThan(0);
    expect(tensors(join(out, 'adapter_model.safetensors'))).toEqual(
      tensors(join(adapter, 'adapter_model.safetensors')),
    );
    const first = await train(join(folder, 'first'), '--steps', '1');
    const further = await train(join(folder, 'further'), '--steps', '1', '--init-adapter', adapter);
    expect(further.loss_first).toBeLessThan(first.loss_first - 0.2);
  });

  test('on a base in 4 bits: near the loss of the full one, and not the same', async () => {
    const losses: Record<string, number> = {};
    for (const dtype of ['auto', 'q4'])
      losses[dtype] = (await train(join(folder, dtype), '--steps', '1', '--base-dtype', dtype)).loss_first;
    expect(losses.q4).not.toBe(losses.auto);
    expect(Math.abs(losses.q4 / losses.auto - 1)).toBeLessThan(0.1);
  });

  test('an adapter of another shape is refused, naming the tensor', async () => {
    const { status, lastLine } = await lowrank([
      ...[
        'evaluate',
        ...device,
        '--model',
        join(folder, 'merged'),
        '--adapter',
        mismatched(),
        '--data',
        rows,
      ],
    ]);
    expect(status).toBe(2);
    expect(lastLine).toMatch(/q_proj\.lora_A\.weight has the rank 8, where it says 4/);
  });
});

/** The adapter with a config that claims another rank: every tensor then has the wrong shape. */
function mismatched(): string {
  const copy = join(folder, 'mismatched');
  mkdirSync(copy);
  const config = JSON.parse(readFileSync(join(adapter, 'adapter_config.json'), 'utf8'));
  writeFileSync(join(copy, 'adapter_config.json'), JSON.stringify({ ...config, r: 4 }));
  writeFileSync(
    join(copy, 'adapter_model.safetensors'),
    readFileSync(join(adapter, 'adapter_model.safetensors')),
  );
  return copy;
}
