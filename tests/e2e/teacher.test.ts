import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';

/** Commands that learn from a teacher: killed, they go on to the same bytes; what is missing is refused by its flag. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = join(folder, 'rows.jsonl');
const sample = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').trimEnd().split('\n');
writeFileSync(rows, sample.slice(0, 24).join('\n'));
const PROMPT = 'You are a pirate. Answer in one short sentence.';

describe('the commands', () => {
  const base = ['--model', 'bundled', '--device', 'wasm', '--data', rows, '--steps', '16', '--json'];
  const train = (out: string, flags: string[], options: Parameters<typeof lowrank>[1] = {}) =>
    lowrank(['train', ...base, '--checkpoint-every', '2', '--out', join(folder, out), ...flags], options);
  const adapter = (out: string) => readFileSync(join(folder, out, 'adapter_model.safetensors'));

  test.each([
    ['bake', ['--teacher-prompt', PROMPT], ['--teacher-prompt', 'Another.'], '--teacher-prompt differs'],
    ['distil', ['--teacher', 'bundled'], ['--teacher', 'bundled', '--distil-weight', '1'], 'distil-weight'],
  ])(
    'L6: a run of %s that is killed goes on to the same bytes, and with nothing else',
    async (name, flags, others, differs) => {
      const own = ['--objective', name, ...flags];
      const whole = await train(`${name}-whole`, own);
      expect(whole.status, whole.stderr).toBe(0);
      const { teacher } = JSON.parse(whole.stdout);
      expect(teacher.rows).toBe(24);
      expect(Number.isFinite(teacher.kl_before) && Number.isFinite(teacher.kl_after)).toBe(true);
      const checkpoints = join(folder, `${name}-cut`, 'checkpoints');
      const some = () => {
        try {
          return readdirSync(checkpoints).some((file) => /\d/.test(file));
        } catch {
          return false;
        }
      };
      let killed = false;
      await train(`${name}-cut`, own, {
        onError: (said, interrupt) => {
          if (killed || !/step \d+\/16/.test(said) || !some()) return;
          killed = true;
          interrupt('SIGKILL');
        },
      });
      const other = await train(`${name}-cut`, ['--objective', name, ...others, '--resume']);
      if (killed) {
        expect(other.status).toBe(2);
        expect(other.lastLine).toContain(differs);
      }
      const rest = await train(`${name}-cut`, [...own, '--resume']);
      expect(rest.status, rest.stderr).toBe(0);
      expect(adapter(`${name}-cut`).equals(adapter(`${name}-whole`))).toBe(true);
    },
  );

  test('refuse what is missing by its flag', async () => {
    const teacher = await train('x', ['--objective', 'distil']);
    expect([teacher.status, teacher.lastLine]).toEqual([
      2,
      '--teacher: the objective distil needs a model to learn from.',
    ]);
    const idle = await train('x', ['--teacher', 'bundled']);
    expect([idle.status, idle.lastLine]).toEqual([2, '--teacher: is for --objective distil.']);
    const prompt = await train('x', ['--objective', 'bake']);
    expect(prompt.status).toBe(2);
    expect(prompt.lastLine).toMatch(/no prompt to bake in\. .*\(--teacher-prompt\)\.$/);
  });
});
