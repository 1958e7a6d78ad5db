import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The first rows of a sample, and some after them that training does not see. */
const sample = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').trimEnd().split('\n');
const rows = join(folder, 'rows.jsonl');
const heldOut = join(folder, 'held-out.jsonl');
// One line is broken on purpose.
writeFileSync(rows, `${[...sample.slice(0, 32), '{"messages": [', ...sample.slice(32, 39)].join('\n')}\n`);
writeFileSync(heldOut, `${sample.slice(-8).join('\n')}\n`);
/** Ten steps a pass. */
const STEPS = 14;

const KEYS = [
  'steps',
  'epochs',
  'tokens',
  'supervised_tokens',
  'seconds',
  'tokens_per_second',
  'loss_first',
  'loss_last',
  'eval',
  'parameters',
  'trainable_parameters',
  'rows',
  'memory',
  'dispatches_per_step',
  'submits_per_step',
  'device',
  'gpu',
  'kernels',
  'method',
  'objective',
  'metrics',
  'metric',
  'warnings',
  'out',
];

describe.each(['webgpu', 'wasm'] as const)('train, generate and evaluate on %s', (device) => {
  const out = join(folder, device);
  const traceFile = join(folder, `${device}.trace.jsonl`);
  const model = ['--model', 'bundled', '--device', device];

  test('train writes the adapter, the trace and one JSON object', async () => {
    const { status, stdout, stderr } = await lowrank([
      'train',
      ...model,
      '--data',
      rows,
      '--out',
      out,
      '--trace',
      traceFile,
      '--eval-data',
      heldOut,
      '--steps',
      String(STEPS),
      '--lr',
      '3e-3',
      // Masks too must be the same on both devices.
      '--dropout',
      '0.1',
      ...['--metric', 'overlap(answer, reference)', '--metric-rows', '4'],
      '--kernels',
      join(folder, `${device}.kernels.json`),
      '--json',
    ]);
    expect(status, stderr).toBe(0);
    const result = JSON.parse(stdout);
    expect(Object.keys(result).sort()).toEqual([...KEYS].sort());
    expect(result.metric).toMatchObject({ name: 'overlap(answer, reference)', rows: 4 });
    const { before, after, interval } = result.metric;
    expect(before).toBeGreaterThan(0);
    expect(after).not.toBe(before);
    expect(interval[0]).toBeLessThanOrEqual(after);
    expect(interval[1]).toBeGreaterThanOrEqual(after);
    expect(result).toMatchObject({
      steps: STEPS,
      epochs: 2,
      device: device === 'wasm' ? 'wasm' : expect.stringMatching(/webgpu|software/),
      rows: { read: 40, used: 39, dropped: 0, bad_count: 1, bad: [{ line: 33 }] },
      out,
    });
    expect(result.loss_last).toBeLessThan(0.8 * result.loss_first);
    expect(result.eval.rows).toBe(8);
    expect(result.eval.loss_after).toBeLessThan(0.9 * result.eval.loss_before);
    expect(result.seconds).toBeGreaterThan(0);
    expect(result.gpu === null).toBe(device === 'wasm');
    expect(result.rows.bad[0].reason).not.toBe('');

    expect(readdirSync(out).sort()).toEqual([
      'README.md',
      'adapter_config.json',
      'adapter_model.safetensors',
      'run.json',
    ]);
    const config = JSON.parse(readFileSync(join(out, 'adapter_config.json'), 'utf8'));
    expect(config).toMatchObject({ peft_type: 'LORA', r: 8, lora_alpha: 16 });
    const weights = readFileSync(join(out, 'adapter_model.safetensors'));
    const header = JSON.parse(weights.subarray(8, 8 + Number(weights.readBigUInt64LE(0))).toString());
    expect(header['base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight'].shape[0]).toBe(8);

    const trace = readFileSync(traceFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(trace.map((line) => line.step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    for (const line of trace) {
      expect(line.tokens).toBe(line.input_ids.flat().length);
      const supervised = line.labels
        .flatMap((row: number[]) => row.slice(1))
        .filter((label: number) => label !== -100);
      expect(line.supervised_tokens).toBe(supervised.length);
    }
    expect(trace[0].loss).toBe(result.loss_first);
    expect(trace[0].lr).toBeCloseTo(3e-3, 9);
    expect(trace.map((line) => line.epoch)).toEqual([...Array(10).fill(1), ...Array(STEPS - 10).fill(2)]);
    expect(trace.reduce((sum, line) => sum + line.tokens, 0)).toBe(result.tokens);
  });

  test('evaluate finds the adapter better than the base on rows it never saw', async () => {
    const evaluate = async (...more: string[]) => {
      const { status, stdout, stderr } = await lowrank([
        'evaluate',
        ...model,
        '--data',
        heldOut,
        ...more,
        '--json',
      ]);
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const logits = join(folder, `${device}.safetensors`);
    const base = await evaluate();
    expect(Object.keys(base).sort()).toEqual([
      'dropped',
      'loss',
      'perplexity',
      'rows',
      'supervised_tokens',
      'tokens',
    ]);
    const metric = 'overlap(answer, reference)';
    const tuned = await evaluate('--adapter', out, '--logits', logits, '--metric', metric);
    expect(tuned.loss).toBeLessThan(0.9 * base.loss);
    expect(tuned.answers).toHaveLength(tuned.rows);
    expect(tuned.metric.value).toBeGreaterThan(0);
    expect(tuned.perplexity).toBeCloseTo(Math.exp(tuned.loss), 4);
    expect([tuned.rows, tuned.dropped]).toEqual([8, 0]);
    const file = readFileSync(logits);
    const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString());
    expect(header.logits.shape[0]).toBe(header.input_ids.shape[0]);
    expect(header.logits.shape[1]).toBeGreaterThan(1000);
  });

  test('generate answers otherwise with the adapter than without', async () => {
    const generate = async (...more: string[]) => {
      const { status, stdout, stderr } = await lowrank([
        'generate',
        ...model,
        '--prompt',
        'What is a cup?',
        '--max-tokens',
        '24',
        ...more,
        '--json',
      ]);
      expect(status, stderr).toBe(0);
      return JSON.parse(stdout);
    };
    const logits = join(folder, `${device}.json`);
    const base = await generate();
    const tuned = await generate('--adapter', out, '--logits', logits);
    expect(Object.keys(tuned).sort()).toEqual([
      'input_ids',
      'output_ids',
      'prompt',
      'stop',
      'text',
      'tokens_per_second',
    ]);
    expect(tuned.prompt).toBe('What is a cup?');
    expect(tuned.output_ids.length).toBeLessThanOrEqual(24);
    expect(tuned.input_ids).toEqual(base.input_ids);
    expect(tuned.text).not.toBe(base.text);
    // The first token is the likeliest by the logits that were written.
    const written = JSON.parse(readFileSync(logits, 'utf8'));
    expect(written.input_ids).toEqual(tuned.input_ids);
    expect(written.logits.indexOf(Math.max(...written.logits))).toBe(tuned.output_ids[0]);
  });
});

describe('both devices', () => {
  test('same seed: the loss curves of WebGPU and WebAssembly agree within 1e-3', () => {
    const curve = (device: string): number[] =>
      readFileSync(join(folder, `${device}.trace.jsonl`), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).loss);
    const [gpu, wasm] = [curve('webgpu'), curve('wasm')];
    for (let i = 0; i < gpu.length; i++)
      expect(Math.abs(gpu[i] - wasm[i]) / wasm[i], `step ${i + 1}`).toBeLessThan(1e-3);
  });
});

describe('what goes wrong ends with its own status', () => {
  const good = ['--model', 'bundled', '--data', rows, '--out', join(folder, 'never')];

  test('a flag that does not exist, and a command without what it needs: 2', async () => {
    const unknown = await lowrank(['train', ...good, '--learning-rate', '1']);
    expect([unknown.status, unknown.stdout]).toEqual([2, '']);
    expect(unknown.lastLine).toContain('--learning-rate');
    const bare = await lowrank(['export']);
    expect([bare.status, bare.lastLine]).toEqual([2, '--model is missing.']);
  });

  test('a file without one good row: 2, and nothing in --out', async () => {
    const bad = join(folder, 'bad.jsonl');
    writeFileSync(bad, '{"prompt": 1}\nnot json\n');
    const out = join(folder, 'bad-out');
    const { status, stdout, lastLine } = await lowrank([
      'train',
      '--model',
      'bundled',
      '--data',
      bad,
      '--out',
      out,
      '--json',
    ]);
    expect([status, stdout]).toEqual([2, '']);
    expect(lastLine).toContain('bad.jsonl');
    expect(existsSync(out) ? readdirSync(out) : []).toEqual([]);
  });

  test('a browser without an adapter, asked for WebGPU: 3', async () => {
    const { status, stdout } = await lowrank(['train', ...good, '--device', 'webgpu', '--json'], {
      env: { LOWRANK_CHROME_FLAGS: '--disable-features=WebGPU --disable-gpu --disable-software-rasterizer' },
    });
    expect([status, stdout]).toEqual([3, '']);
  });

  test('Ctrl-C in mid-run: 130, and nothing in --out', async () => {
    const out = join(folder, 'interrupted');
    let interrupted = false;
    const { status, stdout } = await lowrank(
      [
        'train',
        '--model',
        'bundled',
        '--device',
        'wasm',
        '--data',
        rows,
        '--out',
        out,
        '--steps',
        '5000',
        '--json',
      ],
      {
        onError(text, interrupt) {
          if (interrupted || !/^step 1\//m.test(text)) return;
          interrupted = true;
          interrupt();
        },
      },
    );
    expect(interrupted).toBe(true);
    expect([status, stdout]).toEqual([130, '']);
    // Only what `--resume` goes on from.
    expect(readdirSync(out)).toEqual(['checkpoints']);
  });
});

test('threads of the browser give the bytes of one', async () => {
  const [alone, together] = await Promise.all(
    ['1', '2'].map(async (threads) => {
      const out = join(folder, `threads-${threads}`);
      const how = ['--device', 'wasm', '--threads', threads, '--steps', '4', '--dropout', '0.1'];
      const { status, stderr } = await lowrank([
        ...['train', '--model', 'bundled', '--data', rows, '--out', out],
        ...how,
      ]);
      expect(status, stderr).toBe(0);
      expect(stderr.includes('2 threads')).toBe(threads === '2');
      return readFileSync(join(out, 'adapter_model.safetensors'));
    }),
  );
  expect(together.equals(alone)).toBe(true);
});
