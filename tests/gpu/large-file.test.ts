import { expect, test } from 'vitest';
import { DataClient } from '../../src/worker/files/data-client.ts';
import { scratchBytes } from '../../src/worker/files/disk-scratch.ts';
import { keeping } from '../../src/worker/storage/keeping.ts';

/** A large file that is written anew lies on the disk while it is open, and goes when it is closed. */

const folder = '/models/tiny/';
const json = async (name: string) => (await fetch(`${folder}${name}`)).json();

/** A JSON list of over 64 MB. */
const row = `${JSON.stringify({ prompt: 'a', completion: 'b', note: 'not used '.repeat(10_000) })},\n`;
const file = new File(
  ['[', ...Array<string>(800).fill(row), '{"prompt":"last","completion":"x"}]'],
  'a.json',
);

async function opened(client: DataClient) {
  const tokenizerConfig = await json('tokenizer_config.json');
  await client.openTokenizer({
    tokenizerJson: await json('tokenizer.json'),
    tokenizerConfig,
    chatTemplate: tokenizerConfig.chat_template,
  });
  return client.openDataset(file, { maxLength: 32, raw: false }, () => {});
}

test('on the disk while it is open, nothing after', async () => {
  const client = new DataClient();
  const dataset = await opened(client);
  expect(dataset.report).toMatchObject({ read: 801, used: 801, badCount: 0 });
  expect(await scratchBytes()).toBeGreaterThan(64e6);
  const [example] = await dataset.examples([800]);
  expect(example.line).toBe(801);
  dataset.close();
  await expect.poll(scratchBytes).toBe(0);
  client.end();
});

test('in memory where nothing is to be kept on the disk', async () => {
  keeping.nothing = true;
  const client = new DataClient();
  try {
    const dataset = await opened(client);
    expect(dataset.report.used).toBe(801);
    expect(await scratchBytes()).toBe(0);
  } finally {
    keeping.nothing = false;
    client.end();
  }
});
