import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';
import { checkLook, named, waitForStatus } from './look.ts';

/** Training from a teacher: a person bakes a prompt in and distils on the page, and the commands are killed and go on. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const rows = join(folder, 'rows.jsonl');
const sample = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8').trimEnd().split('\n');
writeFileSync(rows, sample.slice(0, 24).join('\n'));
const PROMPT = 'You are a pirate. Answer in one short sentence.';

test('a prompt is baked in, and a model distilled, with how near it came to its teacher', async () => {
  open = await openPage({ gpu: false, hash: '#device=wasm&steps=8&lr=0.002' });
  const { page } = open;
  const text = () => page.locator('main').textContent();
  const train = () => page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Ready');
  await named(page, 'Dataset').setInputFiles(rows);
  await expect.poll(text).toContain('24 rows');
  const objective = page.getByLabel('Objective', { exact: true });
  await objective.selectOption('bake');
  await page.getByLabel('Prompt to bake in', { exact: true }).fill(PROMPT);
  await expect.poll(text).toContain('and what the teacher gives');
  await checkLook(page, 'bake', ['light', 'dark']);
  // What a person writes is no part of the address.
  expect(page.url()).not.toContain('pirate');
  await train();
  await waitForStatus(page, 'Finished');
  await expect.poll(text).toMatch(/over \d+ (training|held-out) rows · saves \d+ tokens of prompt an answer/);

  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download adapter' }).click();
  const download = await coming;
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  const files = Object.entries(unzipSync(readFileSync(path)));
  const read = (name: string) => new TextDecoder().decode(files.find(([entry]) => entry.endsWith(name))![1]);
  const { settings, metrics } = JSON.parse(read('run.json'));
  expect(settings).toMatchObject({ objective: 'bake', teacherPrompt: PROMPT });
  expect(metrics.teacher.kl_after).toBeLessThan(metrics.teacher.kl_before);
  expect(read('README.md')).toContain('which no question needs any more');

  await page.getByRole('button', { name: 'New run' }).click();
  await objective.selectOption('distil');
  await page.getByRole('button', { name: 'The bundled model', exact: true }).click();
  await expect.poll(text).toContain('it reads the rows before the first step');
  await expect
    .poll(text)
    .toMatch(/(in training; the teacher, which reads before|while the teacher reads; training)/);
  // The teacher takes what was baked in along.
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add its adapter, a zip' }).click();
  await (await choosing).setFiles(path);
  await expect.poll(text).toMatch(/with the adapter [^,]+, [\d.]+ MB: it reads the rows/);
  await page.getByRole('button', { name: 'Remove its adapter' }).waitFor();
  await train();
  await waitForStatus(page, 'Finished');
  await page.getByRole('heading', { name: 'Cross-entropy', exact: true }).waitFor();
});

describe('the commands', () => {
  const base = ['--model', 'bundled', '--device', 'wasm', '--data', rows, '--steps', '16', '--json'];
  const train = (out: string, flags: string[], options: Parameters<typeof lowrank>[1] = {}) =>
    lowrank(['train', ...base, '--checkpoint-every', '2', '--out', join(folder, out), ...flags], options);
  const adapter = (out: string) => readFileSync(join(folder, out, 'adapter_model.safetensors'));

  const taught: [string, string[], string[], string][] = [
    ['bake', ['--teacher-prompt', PROMPT], ['--teacher-prompt', 'Another.'], '--teacher-prompt differs'],
  ];
  if (process.env.LOWRANK_TEST_ALL)
    taught.push([
      'distil',
      ['--teacher', 'bundled'],
      ['--teacher', 'bundled', '--distil-weight', '1'],
      'distil-weight',
    ]);
  test.each(taught)(
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
