import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright';
import { afterAll, afterEach, expect, test } from 'vitest';
import { type OpenPage, openPage } from './browser.ts';
import { projectFile, temporaryFolder } from './command-line.ts';
import { checkLook, named, waitForStatus, waitForStep } from './look.ts';

/** A model without a chat template trains on conversations, through one that is proposed, chosen and kept. */

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The bundled model as a base model would be: no chat template, no token that ends a turn. */
function baseModel(): string {
  const base = join(folder, 'base');
  mkdirSync(base);
  const tiny = projectFile('public/models/tiny');
  for (const name of ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json'])
    cpSync(join(tiny, name), join(base, name));
  const edit = (name: string, change: (json: Record<string, unknown>) => object) =>
    writeFileSync(
      join(base, name),
      JSON.stringify(change(JSON.parse(readFileSync(join(tiny, name), 'utf8')))),
    );
  edit('tokenizer_config.json', ({ chat_template: _, ...rest }) => rest);
  return base;
}

const CHATS = Array.from({ length: 12 }, (_, i) =>
  JSON.stringify({
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: `What is ${i}?` },
      { role: 'assistant', content: `A number, ${i}.` },
    ],
  }),
).join('\n');

let open: OpenPage | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

async function dropModel(page: Page, base: string): Promise<void> {
  const coming = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /^A model folder/ }).click();
  await (await coming).setFiles(base);
}

test('proposed with its rows, chosen, used in every answer, kept in the address, the saved run and the export', async () => {
  const base = baseModel();
  open = await openPage({ gpu: false, hash: '#device=wasm&steps=400&checkpoint-every=5' });
  const { page } = open;
  const text = () => page.locator('main').textContent();
  const hash = () => page.evaluate(() => location.hash);
  await waitForStatus(page, 'Ready');
  await page.getByRole('button', { name: /^Model / }).click();
  await dropModel(page, base);
  await expect.poll(text).toContain('Chat templatenone');

  // Conversations wait for a template; ChatML is proposed, as the tokenizer has its tokens.
  const chats = join(folder, 'chats.jsonl');
  writeFileSync(chats, CHATS);
  await named(page, 'Dataset').setInputFiles(chats);
  const needed = page.getByRole('region', { name: 'Chat template needed' });
  await expect.poll(() => needed.textContent()).toContain('12 rows are conversations, and base has no chat');
  const select = needed.getByLabel('Chat template', { exact: true });
  expect(await select.inputValue()).toBe('chatml');
  const shown = needed.getByRole('list', { name: 'The first rows with this chat template' });
  await expect
    .poll(() => shown.getByRole('listitem').allTextContents())
    .toEqual([0, 1].map((i) => expect.stringContaining(`<|im_start|>user↵\nWhat is ${i}?<|im_end|>`)));
  await select.selectOption('plain');
  await expect
    .poll(() => shown.getByRole('listitem').first().textContent())
    .toBe('Be brief.↵\n↵\nUser: What is 0?↵\nAssistant: A number, 0.<|im_end|>↵\n');
  await needed.scrollIntoViewIfNeeded();
  await checkLook(page, 'chat template proposed', ['light', 'dark']);
  await needed.getByRole('button', { name: 'Use this chat template' }).click();
  await expect.poll(text).toMatch(/12 rows, chat/);
  expect(await needed.count()).toBe(0);
  await expect.poll(text).toContain('chat template: plain');
  expect(await hash()).toContain('chat-template=plain');
  await checkLook(page, 'chat template chosen');

  // A file of one's own instead, looked at and given up again.
  const own = join(folder, 'own.jinja');
  writeFileSync(own, '{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}');
  const card = page.getByLabel('Chat template', { exact: true });
  const coming = page.waitForEvent('filechooser');
  await card.selectOption('file');
  await (await coming).setFiles(own);
  const rows = page.getByRole('list', { name: 'The first rows with this chat template' });
  await expect
    .poll(() => rows.getByRole('listitem').first().textContent())
    .toContain('<user>What is 0?<|im_end|><assistant>A number, 0.');
  await card.selectOption('plain');

  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await waitForStep(page, 12);

  // The page is closed in mid-run and opened again: model and file are dropped again, the template is not chosen again.
  const context = page.context();
  const address = await page.evaluate(() => location.href.replace(/&?chat-template=plain/, ''));
  await page.close({ runBeforeUnload: false });
  const again = await context.newPage();
  await again.goto(address);
  await waitForStatus(again, 'Ready');
  const note = again.getByRole('region', { name: 'Saved run' });
  await expect.poll(() => note.textContent()).toContain('Drop base');
  await again.getByRole('button', { name: /^Model / }).click();
  await dropModel(again, base);
  await again.keyboard.press('Escape');
  await expect.poll(() => note.getByRole('button', { name: 'Resume run' }).isEnabled()).toBe(true);
  await note.getByRole('button', { name: 'Resume run' }).click();
  await waitForStep(again, 20);
  expect(await again.locator('main').textContent()).toContain('chat template: plain');
  await again.getByRole('button', { name: 'Stop', exact: true }).click();
  await waitForStatus(again, 'Finished');
  const saving = again.waitForEvent('download');
  await again.getByRole('button', { name: 'Download adapter' }).click();
  const zip = join(folder, 'adapter.zip');
  await (await saving).saveAs(zip);
  const files = unzipSync(new Uint8Array(readFileSync(zip)));
  const written = new TextDecoder().decode(files['chat_template.jinja']);
  expect(written).toContain("'User: ' + message.content");
  expect(JSON.parse(new TextDecoder().decode(files['run.json'])).chat_template.sha256).toMatch(
    /^[0-9a-f]{64}$/,
  );
  expect(open.complaints).toEqual([]);
});
