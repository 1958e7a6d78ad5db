import { expect, test } from 'vitest';
import { bytesOf, FORMS, linesFor } from '../../../../src/app/take/forms.ts';

const form = (format: string) => FORMS.find((one) => one.format === format)!;

test('how large a download is, about', () => {
  expect(bytesOf(form('peft'), null, { parameters: 1e6 }, 1000)).toBe(4000);
  expect(bytesOf(form('peft'), null, { parameters: 1e6 }, null)).toBeNull();
  expect(bytesOf(form('merged'), null, { parameters: 1e6 }, null)).toBe(2e6);
  expect(bytesOf(form('merged-gguf'), 'q8', { parameters: 1e6 }, null)).toBe(1_062_500);
});

test('the lines that load each name what lies in the download', () => {
  const lines = (format: Parameters<typeof linesFor>[0], target: string) =>
    linesFor(format, { id: 'org/base', chat: true }, target).lines.join('\n');
  expect(lines('peft', '.')).toContain('AutoModelForCausalLM.from_pretrained("org/base"');
  expect(lines('merged', '.')).toContain('AutoModelForCausalLM.from_pretrained("."');
  expect(lines('gguf', 'sea.gguf')).toContain('--lora sea.gguf\n');
  expect(lines('gguf', 'sea.gguf')).toContain('ollama create my-model -f Modelfile');
  expect(lines('mlx', '.')).toBe('mlx_lm.generate --model org/base --adapter-path . --prompt "Hello!"');
  expect(lines('merged-gguf', 'sea-q8.gguf')).toContain('-m sea-q8.gguf');
});
