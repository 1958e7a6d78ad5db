import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure, failureOf } from '../../../scripts/headless/failure.mjs';
import {
  evaluateFlags,
  generateFlags,
  idleFlags,
  settingsFrom,
  trainFlags,
} from '../../../scripts/headless/flag-tables.mjs';
import { mergeFlags } from '../../../scripts/headless/flag-tables-lab.mjs';
import { helpOf, parseFlags } from '../../../scripts/headless/flags.mjs';
import { ROOT } from '../../../scripts/paths.mjs';
import { WAYS } from '../../../src/merging/list.ts';
import * as table from '../../../src/run/settings/list.ts';

const TRAIN = trainFlags(table);
const needed = ['--model', 'bundled', '--data', 'rows.jsonl', '--out', 'adapter'];
const train = (...args: string[]) => settingsFrom(table, parseFlags([...needed, ...args], TRAIN));

function failure(run: () => unknown): Failure {
  try {
    run();
  } catch (error) {
    return error as Failure;
  }
  throw new Error('nothing was thrown');
}

describe('flags of the contract', () => {
  test('without flags a run has the defaults of the contract', () => {
    expect(train()).toMatchObject({
      method: 'lora',
      rank: 8,
      alpha: 16,
      dropout: 0,
      targets: null,
      learningRate: 1e-3,
      schedule: 'linear',
      warmup: 0,
      weightDecay: 0,
      clip: 1,
      epochs: 3,
      steps: null,
      batch: 4,
      accumulate: 1,
      maxLength: 256,
      packing: false,
      raw: false,
      seed: 0,
      evalFraction: 0,
      baseDtype: 'auto',
      checkpointing: 'auto',
    });
  });

  test('every flag of a run reaches its setting', () => {
    const settings = train(
      ...'--rank 4 --alpha 8 --dropout 0.1 --targets q_proj,v_proj --lr 3e-4 --schedule cosine'.split(' '),
      ...'--warmup 5 --weight-decay 0.01 --clip 0 --epochs 2 --steps 7 --batch=2 --accumulate 3'.split(' '),
      ...'--max-length 64 --raw --seed 9 --eval-fraction 0.2 --rslora --lora-plus-ratio 16 --method lora'.split(
        ' ',
      ),
    );
    expect(settings).toMatchObject({
      rank: 4,
      alpha: 8,
      dropout: 0.1,
      targets: ['q_proj', 'v_proj'],
      learningRate: 3e-4,
      schedule: 'cosine',
      warmup: 5,
      weightDecay: 0.01,
      clip: 0,
      epochs: 2,
      steps: 7,
      batch: 2,
      accumulate: 3,
      maxLength: 64,
      raw: true,
      seed: 9,
      evalFraction: 0.2,
      rslora: true,
      loraPlusRatio: 16,
      method: 'lora',
    });
  });

  test('a flag that changes nothing in this run is named', () => {
    const idle = (text: string, heldOut: boolean) =>
      idleFlags(table, parseFlags([...needed, ...text.split(' ')], TRAIN), heldOut);
    expect(idle('--patience 3 --epochs 2 --rslora', false)).toEqual([
      '--patience: Has no effect here: it counts only where rows are held out.',
    ]);
    expect(idle('--method prompt --rank 4 --virtual-tokens 8', false)).toEqual([
      '--rank: Has no effect here: it counts only for LoRA and DoRA.',
    ]);
    expect(idle('--method prompt --prompt-text TEXT', false)).toEqual([
      '--prompt-text: Has no effect here: it counts only where virtual tokens begin as a text.',
    ]);
    expect(idle('--patience 3 --epochs 2 --steps 4', true)).toEqual([
      '--epochs: Has no effect here: it counts only where no number of steps is set.',
    ]);
  });

  test.each([
    [['--rank', '0'], '--rank'],
    [['--rank', '1.5'], '--rank'],
    [['--rank', 'eight'], '--rank'],
    [['--rank', ''], '--rank'],
    [['--rank'], '--rank'],
    [['--lr', '-1'], '--lr'],
    [['--lr', 'NaN'], '--lr'],
    [['--schedule', 'polynomial'], '--schedule'],
    [['--targets', 'q_proj,,v_proj'], '--targets'],
    [['--method', 'vera'], '--method takes lora, dora, ia3, prompt or prefix, not “vera”'],
    [['--lora-plus-ratio', '0.5'], '--lora-plus-ratio'],
    [['--steps', '1,000'], '--steps'],
    [['--steps', ''], '--steps'],
    [['--rslora=yes'], '--rslora'],
    [['--seed', '-1'], '--seed'],
    [['--dropout', '1'], '--dropout'],
    [['--batch', '2', '--batch', '3'], '--batch'],
    [['--json=yes'], '--json'],
    [['--learning-rate', '1'], '--learning-rate'],
    [['rows.jsonl'], 'rows.jsonl'],
  ])('%j is bad usage, and the message names it', (args, name) => {
    const error = failure(() => train(...args));
    expect(error).toBeInstanceOf(Failure);
    expect(error.status).toBe(2);
    expect(error.message).toContain(name);
  });

  test('a value of a later flag that changes nothing is taken', () => {
    expect(train('--checkpointing', 'auto').checkpointing).toBe('auto');
  });

  test.each([['--model'], ['--data'], ['--out']])('%s is required', (flag) => {
    const at = needed.indexOf(flag);
    const error = failure(() => parseFlags(needed.toSpliced(at, 2), TRAIN));
    expect(error.message).toBe(`${flag} is missing.`);
  });

  test('generate and evaluate take the flags of the contract', () => {
    expect(
      parseFlags(
        '--model m --adapter a --prompt hi --system s --raw --max-tokens 5 --temperature 0.5 --top-p 0.9 --seed 1 --logits l.json --json'.split(
          ' ',
        ),
        generateFlags(table),
      ),
    ).toEqual({
      model: 'm',
      adapter: 'a',
      prompt: 'hi',
      system: 's',
      raw: true,
      'max-tokens': 5,
      temperature: 0.5,
      'top-p': 0.9,
      seed: 1,
      logits: 'l.json',
      json: true,
    });
    expect(
      parseFlags(
        '--model m --data d --max-length 9 --raw --base-dtype q8 --logits l --json'.split(' '),
        evaluateFlags(table),
      ),
    ).toEqual({
      model: 'm',
      data: 'd',
      'max-length': 9,
      raw: true,
      'base-dtype': 'q8',
      logits: 'l',
      json: true,
    });
  });

  test('the help lists each flag', () => {
    const help = helpOf('train', 'Trains.', TRAIN);
    for (const flag of TRAIN) {
      const listed = new RegExp(`^ {2}--${flag.name}\\b`, 'm').test(help);
      expect(listed, flag.name).toBe(true);
    }
  });
});

describe('flags with several values', () => {
  const MERGE = mergeFlags(table, WAYS);
  const merge = (...args: string[]) =>
    parseFlags(['--model', 'bundled', '--out', 'x', ...args], MERGE) as Record<string, unknown>;

  test('take every argument up to the next flag, numbers below zero too', () => {
    expect(merge('--adapters', 'a', 'b c', '--weights', '1', '-0.5', '--way', 'ties')).toMatchObject({
      adapters: ['a', 'b c'],
      weights: [1, -0.5],
      way: 'ties',
    });
    expect(merge('--adapters=a', '--weights=-1')).toMatchObject({ adapters: ['a'], weights: [-1] });
  });

  test('are refused by name where there is none, or it is no number', () => {
    expect(failure(() => merge('--adapters')).message).toMatch(/^--adapters needs a value/);
    expect(failure(() => merge('--adapters', 'a', '--weights', '1', 'half')).message).toMatch(
      /^--weights needs a number, not “half”/,
    );
    expect(failure(() => merge('--adapters=a', 'b')).message).toMatch(/^b: not a flag/);
  });
});

describe('exit status of a worker’s error', () => {
  test.each([
    ['wrong-file: line 3: no completion', 2, 'line 3: no completion'],
    ['no-rows: rows.jsonl has none', 2, '--data: rows.jsonl has none'],
    ['no-rows: --data has none', 2, '--data has none'],
    ['UserError: hub-busy: later\n    at worker.js:1', 1, 'later'],
    ['no-adapter: no GPU here', 3, 'no GPU here'],
    ['device-lost: the GPU went away', 1, 'the GPU went away'],
    ['diverged: three steps in a row', 1, 'three steps in a row'],
    ['not-finite: the tensor w holds NaN', 2, 'the tensor w holds NaN'],
    ['no-peft-adapter: no adapter_config.json', 2, 'no adapter_config.json'],
    ['jsHandle.evaluate: Error: bad-config: hidden_size is missing', 2, '--model: hidden_size is missing'],
    ['undefined is not a function', 1, 'undefined is not a function'],
    ['net: no such code\n    at x.js', 1, 'net: no such code'],
  ])('%s', async (message, status, text) => {
    expect(await failureOf(new Error(message))).toMatchObject({ status, message: text });
  });
});

describe.each(['parity', 'faults', 'shader-stats', 'bench-bundle'])('the script %s', (name) => {
  const run = (flag: string) =>
    spawnSync(process.execPath, [join(ROOT, 'scripts', `${name}.mjs`), flag], {
      cwd: ROOT,
      encoding: 'utf8',
    });

  test('prints its help, and does nothing', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain(`npm run ${name === 'bench-bundle' ? 'bench:bundle' : `--silent ${name}`} -- `);
    expect(existsSync(join(ROOT, '--help'))).toBe(false);
  });

  test('refuses a flag that it does not have', () => {
    const { status, stderr } = run('--fast');
    expect(status).toBe(2);
    expect(stderr).toContain('--fast');
    expect(existsSync(join(ROOT, '--fast'))).toBe(false);
  });
});
