/** What the lines that load an export have in common, for its card, for the page and for the command line. */

import { BUNDLED_BASE } from '../weights/source.ts';
import { templateComment } from './chat-template.ts';
import type { BaseName, ExportFormat } from './format.ts';

/** The command that loads an export that lies at `target`. */
export function loadCommand(format: ExportFormat, base: BaseName, target: string): string {
  const comment = templateComment(base.template ?? 'model', format.file !== null);
  // The base lies in the export's own folder, and its name is a path from there.
  if (base.baseId === BUNDLED_BASE && target !== '.' && format.base === 'own files')
    return `cd ${quoted(target)} && ${format.command(base, '.')}${comment}`;
  return format.command(base, target) + comment;
}

/** Arguments of `from_pretrained` for the base. */
export function fromPretrained({ baseId, baseRevision, gguf }: BaseName): string {
  if (gguf) return `".", gguf_file=${JSON.stringify(baseId)}`;
  const base = JSON.stringify(baseId);
  return baseRevision ? `${base}, revision=${JSON.stringify(baseRevision)}` : base;
}

/** Python that answers a prompt with `model` and `tokenizer`. */
export function answerLines(chat: boolean): string[] {
  return [
    ...(chat
      ? [
          'messages = [{"role": "user", "content": "Hello!"}]',
          'inputs = tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_tensors="pt", return_dict=True)',
        ]
      : ['inputs = tokenizer("Hello!", return_tensors="pt")']),
    'output = model.generate(**inputs, max_new_tokens=64, do_sample=False)',
    'print(tokenizer.decode(output[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
  ];
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./:@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Shell lines as a block of Markdown. */
export function shellBlock(...lines: string[]): string[] {
  return ['```sh', ...lines, '```'];
}

/** Python lines as a block of Markdown. */
export function pythonBlock(lines: readonly string[]): string[] {
  return ['```python', ...lines, '```'];
}
