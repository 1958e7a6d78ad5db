import { spawn } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  adapterInput,
  deviceInput,
  fileInput,
  initAdapterInput,
  modelInput,
} from '../../../scripts/headless/inputs.mjs';
import { processLives, takeLock } from '../../../scripts/headless/lock.mjs';
import {
  openLines,
  outputFile,
  outputFolder,
  refuseSame,
  safetensors,
  writeWhole,
} from '../../../scripts/headless/outputs.mjs';
import { SETTINGS } from '../../../src/run/settings/list.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lowrank-outputs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('outputs', () => {
  test('a file is written whole and leaves nothing beside it', () => {
    writeWhole(join(folder, 'run.json'), '{"a":1}');
    expect(readdirSync(folder)).toEqual(['run.json']);
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).toBe('{"a":1}');
  });

  test('a write that fails leaves no temporary file and keeps what was there', () => {
    const taken = join(folder, 'run.json');
    mkdirSync(taken);
    writeFileSync(join(taken, 'inside'), 'old');
    expect(() => writeWhole(taken, 'new')).toThrow();
    expect(readdirSync(folder)).toEqual(['run.json']);
    expect(readFileSync(join(taken, 'inside'), 'utf8')).toBe('old');
  });

  test('lines stand in the file as soon as they are written', () => {
    const path = join(folder, 'trace.jsonl');
    const lines = openLines(path);
    lines.write({ step: 1 });
    expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n');
    lines.write({ step: 2 });
    lines.close();
    expect(readFileSync(path, 'utf8')).toBe('{"step":1}\n{"step":2}\n');
  });

  test('a cut keeps whole lines that are wanted, through a link, and says how many', () => {
    const target = join(folder, 'target.jsonl');
    const path = join(folder, 'trace.jsonl');
    const long = 'é'.repeat(700_000);
    writeFileSync(target, `{"step":1}\nnonsense\n{"step":2,"text":"${long}"}\n{"step":3}\n{"step":4`);
    symlinkSync(target, path);
    const lines = openLines(path);
    expect(lines.cut((line) => line.step <= 2)).toBe(2);
    lines.write({ step: 3 });
    lines.close();
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(path, 'utf8')).toBe(`{"step":1}\n{"step":2,"text":"${long}"}\n{"step":3}\n`);
    expect(readdirSync(folder)).toEqual(['target.jsonl', 'trace.jsonl']);
  });

  test('what a command reads is never written over, nor one result over another', () => {
    const data = join(folder, 'd.jsonl');
    writeFileSync(data, '{}');
    symlinkSync(data, join(folder, 'link'));
    expect(() => refuseSame([['trace', join(folder, 'link')]], [['data', data]])).toThrow(
      /^--trace: .+--data/,
    );
    expect(() =>
      refuseSame(
        [
          ['trace', join(folder, 'new')],
          ['kernels', join(folder, 'new')],
        ],
        [['data', data]],
      ),
    ).toThrow(/^--kernels: .+--trace/);
    refuseSame([['trace', join(folder, 'new')]], [['data', data]]);
  });

  test('a device is refused as a place for a file', () => {
    expect(() => outputFile('trace', '/dev/null')).toThrow('--trace: /dev/null is not a regular file');
    expect(() => fileInput('data', '/dev/null')).toThrow('--data');
  });

  test('a lock keeps others out while its process lives', async () => {
    const lock = join(folder, 'lock');
    expect(takeLock(lock)).toBe(true);
    expect(takeLock(lock)).toBe(false);
    if (process.platform === 'linux') {
      // One that has ended and was not asked after: a shell that does not wait for its child.
      const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 3600'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      try {
        const child = Number(await new Promise((resolve) => parent.stdout.once('data', resolve)));
        await expect.poll(() => processLives(child)).toBe(false);
        expect(processLives(parent.pid!)).toBe(true);
      } finally {
        parent.kill();
      }
    }
    // No process has this number.
    writeFileSync(lock, '4194304000');
    expect(takeLock(lock)).toBe(true);
    expect(readFileSync(lock, 'utf8')).toBe(String(process.pid));
  });

  test('folders are made; a file in the place of one is refused by flag', () => {
    const deep = join(folder, 'a', 'b');
    expect(outputFolder('out', deep)).toBe(deep);
    expect(readdirSync(deep)).toEqual([]);
    writeFileSync(join(folder, 'file'), '');
    expect(() => outputFolder('out', join(folder, 'file'))).toThrow(/--out/);
    expect(() => outputFolder('out', join(folder, 'file', 'under'))).toThrow(/--out/);
    expect(() => outputFile('trace', folder)).toThrow(/--trace/);
  });

  test('safetensors: eight bytes of header length, an aligned header, the data', () => {
    const bytes = new Uint8Array(new Float32Array([1, 2]).buffer);
    const file = safetensors([{ name: 'x', dtype: 'F32', shape: [2], bytes }]);
    const length = Number(file.readBigUInt64LE(0));
    expect(length % 8).toBe(0);
    expect(JSON.parse(file.subarray(8, 8 + length).toString())).toEqual({
      x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
    });
    expect(file.readFloatLE(8 + length + 4)).toBe(2);
  });
});

describe('inputs', () => {
  test('a model folder gives the files that belong to a model', () => {
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors', 'pytorch_model.bin']) {
      writeFileSync(join(folder, name), '');
    }
    const { choice, files } = modelInput({ model: folder });
    expect(choice).toEqual({ kind: 'folder', name: basename(folder) });
    expect(files.map((file) => file.slice(folder.length + 1))).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(modelInput({ model: 'bundled' })).toMatchObject({ choice: { kind: 'bundled' }, files: [] });
  });

  test('a GGUF file and a name on the hub', () => {
    const file = join(folder, 'weights.GGUF');
    writeFileSync(file, '');
    expect(modelInput({ model: file })).toEqual({ choice: { kind: 'gguf' }, files: [file], kept: null });
    const id = 'HuggingFaceTB/SmolLM2-135M';
    expect(modelInput({ model: id, revision: 'v1', hub: 'https://mirror.example' }).choice).toEqual({
      kind: 'hub',
      id,
      revision: 'v1',
      endpoint: 'https://mirror.example',
    });
    expect(() => modelInput({ model: file, revision: 'v1' })).toThrow('--revision');
    expect(() => modelInput({ model: id, hub: 'mirror' })).toThrow('--hub');
  });

  test('the token goes to the hub and to no mirror', () => {
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    vi.stubEnv('HF_ENDPOINT', undefined);
    expect(modelInput({ model: 'org/name' }).choice).toMatchObject({ token: 'hf_secret' });
    vi.stubEnv('HF_ENDPOINT', 'https://mirror.example');
    expect(modelInput({ model: 'org/name' }).choice).toEqual({
      kind: 'hub',
      id: 'org/name',
      endpoint: 'https://mirror.example',
    });
    vi.unstubAllEnvs();
  });

  test('an adapter to go on from decides its rank, alpha, scale and targets', () => {
    const adapter = join(folder, 'adapter');
    mkdirSync(adapter);
    writeFileSync(join(adapter, 'adapter_config.json'), '{"r": 4, "lora_alpha": 8}');
    writeFileSync(join(adapter, 'adapter_model.safetensors'), '');
    expect(initAdapterInput(adapter, { rank: 4 }, SETTINGS)).toHaveLength(2);
    expect(() => initAdapterInput(adapter, { rank: 8 }, SETTINGS)).toThrow('--rank');
    expect(() => initAdapterInput(adapter, { alpha: 4 }, SETTINGS)).toThrow('--alpha');
    expect(initAdapterInput(adapter, { lr: 1e-4 }, SETTINGS)).toHaveLength(2);
    expect(() => initAdapterInput(adapter, { rslora: true }, SETTINGS)).toThrow('--rslora');
    expect(() => initAdapterInput(adapter, { targets: ['q_proj'] }, SETTINGS)).toThrow('--targets');
    expect(() => initAdapterInput(join(folder, 'none'), {}, SETTINGS)).toThrow('--init-adapter');
  });

  test.each([
    ['lora', { peft_type: 'LORA' }],
    ['dora', { peft_type: 'LORA', use_dora: true }],
    ['ia3', { peft_type: 'IA3' }],
    ['prompt', { peft_type: 'PROMPT_TUNING' }],
    ['prefix', { peft_type: 'PREFIX_TUNING' }],
  ])('an adapter of %s goes on with its own method alone', (method, config) => {
    const adapter = join(folder, `of ${method}`);
    mkdirSync(adapter);
    writeFileSync(join(adapter, 'adapter_config.json'), JSON.stringify(config));
    writeFileSync(join(adapter, 'adapter_model.safetensors'), '');
    expect(initAdapterInput(adapter, { method }, SETTINGS)).toHaveLength(2);
    const other = method === 'lora' ? 'dora' : 'lora';
    expect(() => initAdapterInput(adapter, { method: other }, SETTINGS)).toThrow(`has method ${method}`);
  });

  test.each([
    ['no-such-folder', '--model'],
    ['./no/folder', '--model'],
    ['weights.gguf', '--model'],
    ['https://example.org/model.safetensors', '--model'],
  ])('--model %s is refused', (model, flag) => {
    expect(() => modelInput({ model })).toThrow(flag);
  });

  test('what is missing is named', () => {
    expect(() => modelInput({ model: folder })).toThrow('config.json');
    expect(() => adapterInput(folder)).toThrow('adapter_config.json');
    expect(() => fileInput('data', join(folder, 'rows.jsonl'))).toThrow(/--data.*rows\.jsonl/);
    expect(() => deviceInput({ device: 'cuda' })).toThrow('--device');
    expect(() => deviceInput({ threads: 17 })).toThrow('--threads');
    expect(deviceInput({})).toEqual({ device: 'auto', threads: null });
    expect(deviceInput({ device: 'wasm', threads: 2 })).toEqual({ device: 'wasm', threads: 2 });
  });
});
