import { expect, test } from 'vitest';
import { exportTarget } from '../../../src/export/format.ts';
import { adapterFormats, type FormatId, formatOf } from '../../../src/export/formats/list.ts';
import { loadCommand } from '../../../src/export/how-to-load.ts';

const hub = { baseId: 'org/base', baseRevision: null, gguf: false, chat: true };
const bundled = { baseId: './base', baseRevision: null, gguf: false, chat: true };

test('the lines that load each name what lies in the download', () => {
  const lines = (id: FormatId, base = hub) => {
    const format = adapterFormats().find((one) => one.id === id)!;
    return format.lines(base, exportTarget(format, null, 'sea')).lines.join('\n');
  };
  expect(lines('peft')).toContain('AutoModelForCausalLM.from_pretrained("org/base"');
  expect(lines('merged')).toContain('AutoModelForCausalLM.from_pretrained("."');
  expect(lines('gguf')).toContain('convert_hf_to_gguf.py org/base --outfile base.gguf');
  expect(lines('gguf')).toContain('--lora sea.gguf\n');
  expect(lines('gguf')).toContain('ollama create my-model -f Modelfile');
  expect(lines('gguf', bundled)).not.toContain('convert_hf_to_gguf.py');
  // A GGUF file opens under any name.
  for (const baseId of ['Q4.gguf', 'Q4.bin']) {
    const file = { ...hub, baseId, gguf: true };
    expect(lines('gguf', file)).toMatch(new RegExp(`^llama-cli -m ${baseId} `));
    expect(lines('peft', file)).toContain(`from_pretrained(".", gguf_file="${baseId}"`);
    expect(lines('mlx', file)).toContain('--model ./base ');
  }
  expect(lines('mlx')).toBe('mlx_lm.generate --model org/base --adapter-path . --prompt "Hello!"');
  expect(lines('merged-gguf')).toBe('llama-cli -m sea-f16.gguf -p "Hello!"');
});

test.each([
  ['peft', /^cd out && python .*from_pretrained\("\."\)/],
  ['mlx', /^cd out && mlx_lm\.generate --model \.\/base --adapter-path \. /],
  ['gguf', /^llama-cli -m base\.gguf --lora out$/],
  ['merged', /^python .*"out"/],
  ['continue', /^cd out && accelerate launch train\.py --data THEIR\.jsonl$/],
] as const)('a command on the bundled base that lies beside it runs in its folder: %s', (id, command) => {
  expect(loadCommand(formatOf(id), bundled, 'out')).toMatch(command);
});

test('elsewhere the command names the folder, quoted where a shell needs it', () => {
  expect(loadCommand(formatOf('mlx'), hub, 'my out')).toContain("--adapter-path 'my out'");
  expect(loadCommand(formatOf('continue'), hub, 'my out')).toMatch(/^cd 'my out' && accelerate/);
});
