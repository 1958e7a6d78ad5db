import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** Runs that are killed or interrupted and resumed: the adapter and the trace are those of a run that was not. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sample = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').trimEnd().split('\n');
const rows = join(folder, 'rows.jsonl');
const heldOut = join(folder, 'held-out.jsonl');
writeFileSync(rows, `${sample.slice(0, 60).join('\n')}\n`);
writeFileSync(heldOut, `${sample.slice(60, 70).join('\n')}\n`);

const ALL = Boolean(process.env.LOWRANK_TEST_ALL);
const STEPS = ALL ? 100 : 24;
/** Steps at which it is killed. */
const KILLS = ALL ? [5, 31, 58, 90] : [5, 13];

function flags(out: string, ...more: string[]): string[] {
  return [
    'train',
    '--model',
    'bundled',
    '--device',
    'wasm',
    '--data',
    rows,
    '--eval-data',
    heldOut,
    '--eval-every',
    '6',
    '--steps',
    String(STEPS),
    '--dropout',
    '0.1',
    '--checkpoint-every',
    '3',
    '--out',
    out,
    '--trace',
    `${out}.trace.jsonl`,
    '--json',
    ...more,
  ];
}

function trace(out: string) {
  return readFileSync(`${out}.trace.jsonl`, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const { seconds: _, ...rest } = JSON.parse(line);
      return rest;
    });
}

const adapter = (out: string) => readFileSync(join(out, 'adapter_model.safetensors'));

const whole = join(folder, 'whole');
beforeAll(async () => {
  const { status, stderr } = await lowrank(flags(whole));
  expect(status, stderr).toBe(0);
});

describe('a run that is not left to end', () => {
  test(`L6: killed at steps ${KILLS.join(', ')} of ${STEPS}, it ends with the same bytes and the same trace`, async () => {
    const out = join(folder, 'killed');
    for (const step of KILLS) {
      let killed = false;
      const { status } = await lowrank(flags(out, '--resume'), {
        onError(text, signal) {
          const reached = [...text.matchAll(/^step (\d+)\//gm)].some(([, at]) => Number(at) >= step);
          if (reached && !killed) {
            killed = true;
            signal('SIGKILL');
          }
        },
      });
      expect(killed).toBe(true);
      expect(status).not.toBe(0);
      expect(existsSync(join(out, 'adapter_model.safetensors'))).toBe(false);
    }
    const { status, stdout, stderr } = await lowrank(flags(out, '--resume'));
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/Resuming after step \d+/);
    expect(JSON.parse(stdout).steps).toBe(STEPS);
    expect(adapter(out).equals(adapter(whole))).toBe(true);
    expect(trace(out)).toEqual(trace(whole));
    expect(readdirSync(out).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('L6: interrupted, it saves itself, says so, and goes on', async () => {
    const out = join(folder, 'interrupted');
    let asked = false;
    const first = await lowrank(flags(out), {
      onError(text, signal) {
        if (asked || !/^step [2-9]\//m.test(text)) return;
        asked = true;
        signal();
      },
    });
    expect(first.status).toBe(130);
    expect(first.lastLine).toMatch(/Interrupted after step \d+; it is saved/);
    const [file] = readdirSync(join(out, 'checkpoints')).sort().reverse();
    expect(file).toMatch(/^step-\d+\.safetensors$/);
    const second = await lowrank(flags(out, '--resume'));
    expect(second.status, second.stderr).toBe(0);
    expect(adapter(out).equals(adapter(whole))).toBe(true);
  });

  test('a finished run gives its result again; another learning rate or other data are refused by name', async () => {
    const again = await lowrank(flags(whole, '--resume'));
    expect(again.status, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ steps: STEPS, out: whole });
    expect(again.stderr, 'nothing is trained again').not.toMatch(/^step \d+\//m);
    const other = await lowrank(flags(whole, '--resume', '--lr', '5e-4'));
    expect(other.status).toBe(2);
    expect(other.lastLine).toContain('--lr');
    const moved = flags(whole, '--resume').map((text) => (text === rows ? heldOut : text));
    const { status, lastLine } = await lowrank(moved);
    expect(status).toBe(2);
    expect(lastLine).toContain('--data');
  });
});
