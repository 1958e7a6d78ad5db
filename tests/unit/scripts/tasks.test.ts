import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tasksFlags } from '../../../scripts/headless/flag-tables-tasks.mjs';
import { parseFlags } from '../../../scripts/headless/flags.mjs';
import { replayInput } from '../../../scripts/headless/inputs.mjs';
import { keptTasks } from '../../../scripts/headless/kept-tasks.mjs';
import {
  fractionInput,
  intrudersInput,
  listInput,
  mixInput,
  refuseMethod,
  scalesInput,
  seedsInput,
  tasksInput,
  waysInput,
} from '../../../scripts/headless/tasks-inputs.mjs';
import { commandLine } from '../../../src/lab/report.ts';
import * as jobs from '../../../src/lab/tasks/jobs.ts';
import { MIXES } from '../../../src/lab/tasks/mix.ts';
import * as usualTasks from '../../../src/lab/tasks/usual.ts';
import { USUAL_INTRUDERS } from '../../../src/merging/intruders.ts';
import { WAYS } from '../../../src/merging/list.ts';
import * as table from '../../../src/run/settings/list.ts';

const folder = mkdtempSync(join(tmpdir(), 'lowrank-tasks-'));
const file = (name: string) => {
  writeFileSync(join(folder, name), '{}\n');
  return join(folder, name);
};
const [a, b] = [file('a.jsonl'), file('b.jsonl')];
const FLAGS = tasksFlags(table, WAYS);
const usual = { ...usualTasks, isReserved: jobs.isReserved };
const needed = ['--model', 'bundled', '--out', 'x'];

describe('what the flags name', () => {
  test('tasks are given once each, by one flag or several, and so their held-out rows', () => {
    const values = parseFlags([...needed, '--task', `a=${a}`, `b=${b}`, '--task', `c=${a}`], FLAGS);
    expect(values.task).toEqual([`a=${a}`, `b=${b}`, `c=${a}`]);
    expect(tasksInput({ ...values, 'task-eval': [`b=${a}`] }, usual)).toEqual([
      { name: 'a', file: a, heldOut: null },
      { name: 'b', file: b, heldOut: a },
      { name: 'c', file: a, heldOut: null },
    ]);
    // The command that repeats it is read as it was.
    const line = commandLine('tasks', values as never)
      .split(' -- ')[1]
      .replaceAll("'", '')
      .split(' ');
    expect(parseFlags(line, FLAGS).task).toEqual(values.task);
    expect(() => parseFlags([...needed, '--task', `a=${a}`, '--rank', '4', '--rank', '8'], FLAGS)).toThrow(
      '--rank is given twice',
    );
  });

  test.each([
    [{ task: [`a=${a}`] }, '--task: give at least two'],
    [{ task: [`a=${a}`, `a=${b}`] }, '--task: a is given twice'],
    [{ task: [`a=${a}`, b] }, '--task: give NAME=FILE'],
    [{ task: [`a b=${a}`, `b=${b}`] }, '--task: the name “a b” may have letters'],
    [{ task: [`together=${a}`, `b=${b}`] }, '--task: together is the name of a strategy'],
    [{ task: [`a=${a}`, `b=${join(folder, 'none')}`] }, '--task: there is no file'],
    [{ task: [`a=${a}`, `b=${b}`], 'task-eval': [`c=${a}`] }, '--task-eval: there is no --task c'],
  ])('%o is refused', (values, sentence) => {
    expect(() => tasksInput(values as never, usual)).toThrow(sentence);
  });

  test('strategies, seeds and shares', () => {
    expect(listInput('strategies', 'merge, sequence', jobs.STRATEGIES)).toEqual(['merge', 'sequence']);
    expect(() => listInput('strategies', 'apart', jobs.STRATEGIES)).toThrow(
      '--strategies: must be one of together,',
    );
    expect(() => listInput('strategies', 'merge,merge', jobs.STRATEGIES)).toThrow('merge is given twice');
    expect(seedsInput(undefined, 7, 20)).toEqual([7]);
    expect(seedsInput('0, 1,2', 7, 20)).toEqual([0, 1, 2]);
    for (const bad of ['0,,1', '-1', '1.5', 'x', '4294967296', ''])
      expect(() => seedsInput(bad, 0, 20), bad).toThrow('--seeds: whole numbers');
    expect(() => seedsInput('1,1', 0, 20)).toThrow('given twice');
    expect(() => seedsInput('1,2,3', 0, 2)).toThrow('at most 2');
    expect(fractionInput(undefined, 0.2)).toBe(0.2);
    expect(() => fractionInput(0, 0.2)).toThrow('--eval-fraction: must be above 0');
  });

  test('ways to merge with the density that those which prune take', () => {
    const ways = (values: object, of = { merges: true, tasks: 2 }) =>
      waysInput(values, WAYS, { ...of, usual }).map(({ way, density }) => [way.id, density]);
    expect(ways({})).toEqual([
      ['sum', undefined],
      ['ties', 0.5],
      ['dare-ties', 0.5],
    ]);
    expect(ways({ 'merge-ways': 'slerp,magnitude', 'merge-density': 0.2 })).toEqual([
      ['slerp', undefined],
      ['magnitude', 0.2],
    ]);
    expect(() => ways({ 'merge-ways': 'slerp' }, { merges: true, tasks: 3 })).toThrow(
      'slerp merges 2 adapters',
    );
    expect(() => ways({ 'merge-ways': 'sum', 'merge-density': 0.5 })).toThrow('none of sum prunes');
    expect(() => ways({ 'merge-density': 2 })).toThrow('--merge-density: must be above 0');
    expect(() => ways({ 'merge-ways': 'sum' }, { merges: false, tasks: 2 })).toThrow('--merge-ways: is for');
    expect(ways({}, { merges: false, tasks: 2 })).toEqual([]);
  });

  test('a merge is multiplied by what is given, or by one of those that training rows choose from', () => {
    const of = { merges: true, usual: jobs.MERGE_SCALES };
    expect(scalesInput({}, of)).toEqual(jobs.MERGE_SCALES);
    expect(scalesInput({ 'merge-scale': 0.4 }, of)).toEqual([0.4]);
    expect(() => scalesInput({ 'merge-scale': 0 }, of)).toThrow('--merge-scale: must be above 0');
    expect(() => scalesInput({ 'merge-scale': 1 }, { ...of, merges: false })).toThrow(
      '--merge-scale: is for',
    );
  });

  test('a mix, what is replayed and what is reduced', () => {
    expect(mixInput({}, MIXES, usual.MIX_TEMPERATURE)).toEqual({ mix: 'rows', temperature: 2 });
    expect(mixInput({ mix: 'temperature', 'mix-temperature': 5 }, MIXES, usual.MIX_TEMPERATURE)).toEqual({
      ...{ mix: 'temperature', temperature: 5 },
    });
    expect(() => mixInput({ 'mix-temperature': 5 }, MIXES, usual.MIX_TEMPERATURE)).toThrow(
      'is for --mix temperature',
    );
    expect(() =>
      mixInput({ mix: 'temperature', 'mix-temperature': 0.5 }, MIXES, usual.MIX_TEMPERATURE),
    ).toThrow('at least 1');
    expect(replayInput({})).toBeNull();
    expect(replayInput({ replay: 'general' })).toEqual({ file: null, share: 0.05 });
    expect(replayInput({ replay: a, 'replay-share': 0.2 })).toEqual({ file: a, share: 0.2 });
    expect(() => replayInput({ 'replay-share': 0.2 })).toThrow('--replay-share: add --replay');
    expect(() => replayInput({ replay: 'general', 'replay-share': 1 })).toThrow('below 1');
    const reduce = { 'reduce-intruders': true };
    expect(intrudersInput(reduce, USUAL_INTRUDERS)).toEqual(USUAL_INTRUDERS);
    expect(intrudersInput({ ...reduce, 'intruder-lambda': 0.5 }, USUAL_INTRUDERS).lambda).toBe(0.5);
    expect(() => intrudersInput({ 'intruder-top': 3 }, USUAL_INTRUDERS)).toThrow(
      '--intruder-top: add --reduce',
    );
  });

  test('methods that cannot be merged or reduced are refused before anything is trained', () => {
    const settings = (given: object) => table.defaultSettings(given);
    const both = { merges: true, reduces: true };
    expect(() => refuseMethod(usual.unfitting, settings({}), both)).not.toThrow();
    expect(() =>
      refuseMethod(usual.unfitting, settings({ method: 'prefix' }), { ...both, reduces: false }),
    ).toThrow('--method: prefix');
    expect(() => refuseMethod(usual.unfitting, settings({ init: 'loftq' }), both)).toThrow(
      '--init: an adapter that began with LoftQ',
    );
    expect(() => refuseMethod(usual.unfitting, settings({ method: 'dora' }), both)).toThrow(
      '--reduce-intruders: is for LoRA',
    );
    expect(() =>
      refuseMethod(usual.unfitting, settings({ method: 'dora' }), { merges: true, reduces: false }),
    ).not.toThrow();
  });
});

describe('what an experiment keeps', () => {
  const made = { seconds: 3, memory_bytes: null, steps: 5 };
  const measured = { tasks: [], elsewhere: 0.5 };
  const files = new Map(
    ['adapter_config.json', 'adapter_model.safetensors', 'README.md', 'run.json'].map((name) => [
      name,
      Buffer.from('{}'),
    ]),
  );

  test('is there for who goes on: of each adapter what it took, its files and what was measured', () => {
    const out = mkdtempSync(join(tmpdir(), 'lowrank-tasks-'));
    const kept = keptTasks(out);
    expect([kept.identity(), kept.base(), kept.made(0, 'a,b'), kept.measured(0, 'a,b')]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    kept.begin({ '--mix': 'rows' });
    kept.keepBase(measured);
    kept.keepMade(0, 'a,b', { made, files });
    kept.keepMeasured(0, 'a,b', measured);
    const again = keptTasks(out);
    expect(again.identity()).toEqual({ '--mix': 'rows' });
    expect(again.base()).toEqual(measured);
    expect(again.made(0, 'a,b')).toEqual(made);
    expect(again.measured(0, 'a,b')).toEqual(measured);
    expect(again.made(1, 'a,b')).toBeNull();
    expect(again.filesOf(0, 'a,b').map((path: string) => readFileSync(path, 'utf8'))).toEqual([
      '{}',
      '{}',
      '{}',
    ]);
  });

  test('is not there where it is not whole', () => {
    const out = mkdtempSync(join(tmpdir(), 'lowrank-tasks-'));
    const kept = keptTasks(out);
    kept.keepMade(0, 'a', { made, files: new Map([['adapter_config.json', Buffer.from('{}')]]) });
    expect(kept.made(0, 'a')).toBeNull();
    writeFileSync(join(out, 'experiment.json'), '{"identity": {');
    expect(kept.identity()).toBeNull();
  });

  test('is swept of what a killed command left half written, and of nothing else', () => {
    const out = mkdtempSync(join(tmpdir(), 'lowrank-tasks-'));
    const kept = keptTasks(out);
    kept.keepMade(0, 'a', { made, files });
    for (const name of ['made.json.12.tmp', 'adapter_model.safetensors.7.tmp', 'mine.json.12.tmp'])
      writeFileSync(join(out, 'seed-0/a', name), '{');
    writeFileSync(join(out, 'report.json.3.tmp'), '{');
    kept.sweep();
    expect(readdirSync(out)).toEqual(['seed-0']);
    expect(readdirSync(join(out, 'seed-0/a')).sort()).toEqual(
      [...files.keys(), 'made.json', 'mine.json.12.tmp'].sort(),
    );
  });

  test('goes where another begins afresh, and what others put there stays', () => {
    const out = mkdtempSync(join(tmpdir(), 'lowrank-tasks-'));
    const kept = keptTasks(out);
    kept.begin({});
    kept.keepMade(0, 'a', { made, files });
    kept.keepMade(2, 'together', { made, files });
    kept.keepMeasured(2, 'together', measured);
    writeFileSync(join(out, 'seed-0/a/notes.txt'), 'mine');
    mkdirSync(join(out, 'other'));
    kept.clear();
    expect(readdirSync(out).sort()).toEqual(['other', 'seed-0']);
    expect(readdirSync(join(out, 'seed-0/a'))).toEqual(['notes.txt']);
    expect(existsSync(join(out, 'experiment.json'))).toBe(false);
  });
});
