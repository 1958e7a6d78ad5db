import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { lowrank, projectFile, temporaryFolder } from './command-line.ts';
import { checkLook, named, waitForStatus } from './look.ts';

/** Training on pairs of answers: a person's walk from the file to the download, and the commands. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

type Exchange = { messages: [{ content: string }, { content: string }] };
const exchanges = readFileSync(projectFile('public/samples/pirate.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(0, 41)
  .map((line) => (JSON.parse(line) as Exchange).messages.map(({ content }) => content));
const pairs = exchanges.slice(0, 40).map(([prompt, chosen], i) => ({
  prompt,
  chosen,
  // In no pirate's words, and to another question.
  rejected: `I do not know. ${exchanges[i + 1][0]}`,
}));

function file(name: string, rows: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
  return path;
}

test('pairs are dropped, looked at, trained with DPO, and what comes of it is downloaded', async () => {
  open = await openPage({ gpu: false, hash: '#device=wasm&steps=12&lr=0.0005' });
  const { page } = open;
  const text = () => page.locator('main').textContent();
  await waitForStatus(page, 'Ready');
  const objective = page.getByLabel('Objective', { exact: true });
  expect(await objective.inputValue()).toBe('');
  expect(await page.getByLabel('Beta', { exact: true }).count()).toBe(0);

  await named(page, 'Dataset').setInputFiles(file('pairs.jsonl', pairs));
  await expect.poll(text).toContain('40 rows, pairs of answers');
  await expect.poll(() => objective.locator('option:checked').textContent()).toBe('auto: DPO');
  await expect.poll(text).toContain('Learns to prefer the better of two answers');
  expect(await page.getByLabel('Beta', { exact: true }).inputValue()).toBe('0.1');

  // Another objective that the rows do not allow is refused, in words.
  await objective.selectOption('sft');
  await expect.poll(text).toContain('which supervised training does not learn from');
  expect(await page.getByRole('button', { name: 'Train', exact: true }).isDisabled()).toBe(true);
  await objective.selectOption('simpo');
  await page.getByLabel('Gamma', { exact: true }).waitFor();
  await objective.selectOption('');
  await expect.poll(text).toContain('40 rows, pairs of answers');

  // Both answers beside each other, with the tokens that decide.
  await page.getByRole('button', { name: /^Data / }).click();
  await page.getByRole('button', { name: 'View the rows' }).click();
  const better = page.getByRole('region', { name: 'Tokens of the better answer' });
  const worse = page.getByRole('region', { name: 'Tokens of the worse answer' });
  await expect.poll(() => better.textContent()).toContain(pairs[0].chosen.slice(0, 12));
  await expect.poll(() => worse.textContent()).toContain('I do not know.');
  await checkLook(page, 'pairs', ['light', 'dark']);

  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStatus(page, 'Finished');
  const figure = async (title: string) => {
    const heading = page.getByRole('heading', { name: title, exact: true });
    return Number(await heading.locator('xpath=following-sibling::span').textContent());
  };
  // Both begin at 0: model and reference are the same.
  await expect.poll(() => figure('Margin')).toBeGreaterThan(0.5);
  expect(await figure('Pairs in the right order')).toBe(1);
  expect(await figure('Reward of better answers')).toBeGreaterThan(await figure('Reward of worse answers'));

  const coming = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download adapter' }).click();
  const download = await coming;
  const path = join(folder, download.suggestedFilename());
  await download.saveAs(path);
  const files = unzipSync(readFileSync(path));
  const record = Object.entries(files).find(([name]) => name.endsWith('run.json'))![1];
  const { settings } = JSON.parse(new TextDecoder().decode(record));
  expect(settings.objective).toBe('dpo');
});

describe('the commands', () => {
  const data = file('command.jsonl', pairs.slice(0, 12));
  const base = ['--model', 'bundled', '--device', 'wasm'];
  const train = (...more: string[]) =>
    lowrank(['train', ...base, '--out', join(folder, 'out'), '--json', ...more]);

  test('propose DPO for pairs, tell its figures, and measure what was learned', async () => {
    const trace = join(folder, 'trace.jsonl');
    const flags = ['--steps', '6', '--lr', '1e-3', '--trace', trace, '--gamma', '1'];
    const { status, stdout, stderr } = await train('--data', data, ...flags);
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('The rows call for DPO; --objective chooses another.');
    expect(stderr).toContain('--gamma: Has no effect here: it counts only for simpo.');
    const result = JSON.parse(stdout);
    expect([result.objective, result.method]).toEqual(['dpo', 'lora']);
    const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
    const first = JSON.parse(lines[0]);
    expect(first.input_ids).toHaveLength(8);
    expect(first.loss).toBeCloseTo(Math.log(2), 6);
    expect(first.metrics).toEqual({ rewards_chosen: 0, rewards_rejected: 0, margin: 0, accuracy: 0 });
    expect(result.metrics).toEqual(JSON.parse(lines.at(-1)!).metrics);
    expect(result.metrics.margin).toBeGreaterThan(0);
    const measured = await lowrank([
      ...['evaluate', ...base, '--adapter', join(folder, 'out'), '--data', data, '--json'],
    ]);
    expect(measured.status, measured.stderr).toBe(0);
    expect(JSON.parse(measured.stdout)).toMatchObject({ rows: 12, preference_accuracy: 1 });
  });

  test('refuse another objective, and a batch of one for KTO', async () => {
    const sft = await train('--data', data, '--objective', 'sft');
    expect(sft.status).toBe(2);
    expect(sft.stderr).toMatch(
      /--data: command\.jsonl: .*pairs, which supervised training does not learn from/,
    );
    const judged = file(
      'judged.jsonl',
      exchanges.slice(0, 4).map(([prompt, completion], i) => ({ prompt, completion, label: i % 2 === 0 })),
    );
    const kto = await train('--data', judged, '--batch', '1');
    expect(kto.status).toBe(2);
    expect(kto.stderr).toContain('The rows call for KTO');
    expect(kto.stderr.trimEnd().split('\n').at(-1)).toMatch(/Choose a batch size \(--batch\) above 1\.$/);
  });
});
