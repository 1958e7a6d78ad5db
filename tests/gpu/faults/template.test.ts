import { afterEach, describe, expect, test } from 'vitest';
import { DataClient } from '../../../src/worker/files/data-client.ts';

/** Chat templates that never end, in the data worker as the page has it. */

const folder = '/models/tiny/';
const json = async (name: string) => (await fetch(`${folder}${name}`)).json();

/** Loops for longer than anybody waits, for those who say the word. */
const HANGING =
  "{% for m in messages %}{% if 'HANG' in m.content %}{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}{% endif %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

let client: DataClient;
afterEach(() => client.end());

async function open(chatTemplate: string): Promise<void> {
  client = new DataClient();
  const tokenizerConfig = await json('tokenizer_config.json');
  await client.openTokenizer({ tokenizerJson: await json('tokenizer.json'), tokenizerConfig, chatTemplate });
}

const row = (question: string) =>
  `${JSON.stringify({ prompt: question, completion: `About ${question}` })}\n`;

describe('F5: a chat template that never ends', () => {
  test('F5: costs the row that meets it: its line is named, the others are used, and this thread never waits', async () => {
    await open(HANGING);
    const file = new File([row('one'), row('HANG'), row('three')], 'rows.jsonl');
    let turns = 0;
    const timer = setInterval(() => turns++, 20);
    const dataset = await client.openDataset(file, { maxLength: 64, raw: false }, () => {});
    clearInterval(timer);
    expect(dataset.report).toMatchObject({ read: 3, used: 2, badCount: 1 });
    expect(dataset.report.bad).toEqual([
      { line: 2, reason: expect.stringContaining('did not end within 2 s') },
    ]);
    // The worker hung for two seconds; a thread that waited with it would have had no turn, or two.
    expect(turns).toBeGreaterThan(5);
    expect((await dataset.examples([0, 1])).map(({ line }) => line)).toEqual([1, 3]);
  });

  test('F5: in the chat: a sentence, and the next question is answered', async () => {
    await open(HANGING);
    const ask = (content: string) => client.chat([{ role: 'user', content }], { addGenerationPrompt: true });
    await expect(ask('HANG')).rejects.toMatchObject({ name: 'UserError', code: 'template-hangs' });
    expect(await client.decode(await ask('hello'))).toContain('hello');
  });
});
