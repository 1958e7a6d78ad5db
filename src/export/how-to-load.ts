/** The lines that load each export, for its card and for the command line. */

import { BUNDLED_BASE } from '../weights/source.ts';

export type ExportFormat = 'peft' | 'gguf' | 'mlx' | 'merged' | 'merged-gguf';

export interface BaseName {
  /** As in adapter_config.json: hub id, folder, `./base`, or the name of a GGUF file. */
  baseId: string;
  baseRevision: string | null;
  /** Whether prompts go through the model's chat template. */
  chat: boolean;
}

/** Arguments of `from_pretrained` for the base. */
function from({ baseId, baseRevision }: BaseName): string {
  if (isGguf(baseId)) return `".", gguf_file=${JSON.stringify(baseId)}`;
  const base = JSON.stringify(baseId);
  return baseRevision ? `${base}, revision=${JSON.stringify(baseRevision)}` : base;
}

export function isGguf(baseId: string): boolean {
  return baseId.toLowerCase().endsWith('.gguf');
}

/** Python that loads the PEFT adapter and answers a prompt, in its folder. */
export function pythonLines(base: BaseName): string[] {
  return [
    'from peft import PeftModel',
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    `tokenizer = AutoTokenizer.from_pretrained(${from(base)})`,
    `base = AutoModelForCausalLM.from_pretrained(${from(base)}, dtype="float32")`,
    'model = PeftModel.from_pretrained(base, ".")',
    '',
    ...answerLines(base.chat),
  ];
}

/** Python that loads the merged model, in its folder. */
export function mergedPythonLines(chat: boolean): string[] {
  return [
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    'tokenizer = AutoTokenizer.from_pretrained(".")',
    'model = AutoModelForCausalLM.from_pretrained(".", dtype="float32")',
    '',
    ...answerLines(chat),
  ];
}

function answerLines(chat: boolean): string[] {
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

/** The command that loads an export that lies at `target`. */
export function loadCommand(format: ExportFormat, base: BaseName, target: string): string {
  const at = quoted(target);
  // The base lies in the adapter's own folder, and its name is a path from there.
  if (base.baseId === BUNDLED_BASE && target !== '.' && (format === 'peft' || format === 'mlx'))
    return `cd ${at} && ${loadCommand(format, base, '.')}`;
  switch (format) {
    case 'peft':
      return isGguf(base.baseId)
        ? `python -c 'from peft import PeftModel; from transformers import AutoModelForCausalLM; print(PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(${from(base)}), "${target}"))'`
        : `python -c 'from peft import AutoPeftModelForCausalLM; print(AutoPeftModelForCausalLM.from_pretrained("${target}"))'`;
    case 'gguf':
      return `llama-cli -m ${quoted(isGguf(base.baseId) ? base.baseId : 'base.gguf')} --lora ${at}`;
    case 'mlx':
      return `mlx_lm.generate --model ${quoted(base.baseId)} --adapter-path ${at} --prompt "Hello!"`;
    case 'merged':
      return `python -c 'from transformers import pipeline; print(pipeline("text-generation", "${target}")("Hello!"))'`;
    case 'merged-gguf':
      return `llama-cli -m ${at} -p "Hello!"`;
  }
}

/** A path as a shell takes it. */
export function quoted(path: string): string {
  return /^[\w./:@-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** The part of a card that says how to use the export, as Markdown lines. */
export function linesOfUse(format: ExportFormat, base: BaseName, file: string): string[] {
  const shell = (...lines: string[]) => ['```sh', ...lines, '```'];
  const python = (lines: string[]) => ['```python', ...lines, '```'];
  switch (format) {
    case 'peft':
      return [
        ...shell(`pip install torch transformers peft${isGguf(base.baseId) ? ' gguf' : ''}`),
        '',
        isGguf(base.baseId) ? `In this folder, with \`${base.baseId}\` beside it:` : 'In this folder:',
        '',
        ...python(pythonLines(base)),
      ];
    case 'merged':
      return [
        ...shell('pip install torch transformers'),
        '',
        'In this folder:',
        '',
        ...python(mergedPythonLines(base.chat)),
      ];
    case 'mlx':
      return [...shell('pip install mlx-lm', loadCommand('mlx', base, '.'))];
    case 'gguf':
      return [
        'With llama.cpp, on the base model as a GGUF file:',
        '',
        ...shell(loadCommand('gguf', base, file)),
        '',
        'With Ollama, after naming that file in `Modelfile`:',
        '',
        ...shell('ollama create my-model -f Modelfile', 'ollama run my-model'),
        ...(isGguf(base.baseId)
          ? []
          : [
              '',
              'Where the base is only a folder, llama.cpp’s script makes the file:',
              '',
              ...shell(`python convert_hf_to_gguf.py ${quoted(base.baseId)} --outfile base.gguf`),
            ]),
      ];
    case 'merged-gguf':
      return [
        'With llama.cpp:',
        '',
        ...shell(loadCommand('merged-gguf', base, file)),
        '',
        'LM Studio and Ollama open the file as well.',
      ];
  }
}
