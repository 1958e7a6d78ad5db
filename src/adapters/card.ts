import type { RunRecord } from './run-record.ts';
import type { NamedFile } from './types.ts';

export interface CardInput {
  /** For people, e.g. `SmolLM2-135M-Instruct`. */
  baseName: string;
  /** As in adapter_config.json. */
  baseId: string;
  baseRevision: string | null;
  baseLicence: string | null;
  /** Whether prompts go through the model's chat template. */
  chat: boolean;
  record: RunRecord;
}

/**
 * The model card. Its Python lines run as they stand in the unpacked folder: with the bundled model the base lies
 * beside the adapter in `./base`.
 */
export function modelCard(input: CardInput): NamedFile {
  const { baseId, baseName, baseLicence, record } = input;
  const { adapter, metrics, settings } = record;
  const local = baseId.startsWith('./');
  const front = [
    '---',
    ...(local ? [] : [`base_model: ${JSON.stringify(baseId)}`]),
    ...(baseLicence ? [`license: ${baseLicence}`] : []),
    'library_name: peft',
    'pipeline_tag: text-generation',
    'tags:',
    '- lora',
    '- lowrank',
    '---',
  ];
  const rows = [
    [
      'Base model',
      local
        ? `${baseName} (in \`${baseId}\`)`
        : `\`${baseId}\`${input.baseRevision ? ` at \`${input.baseRevision}\`` : ''}`,
    ],
    ['Base precision in training', record.base_model.precision],
    [
      'Rank, alpha, dropout',
      `${adapter.rank}, ${adapter.alpha}, ${adapter.dropout}${adapter.rslora ? ' (rank-stabilised)' : ''}`,
    ],
    ['Target modules', adapter.targets.map((target) => `\`${target}\``).join(', ')],
    ['Steps', `${metrics.steps} (${rounded(metrics.epochs)} passes over ${record.dataset.rows_used} rows)`],
    ['Learning rate, schedule', `${settings.learningRate}, ${settings.schedule}`],
    ['Batch × accumulation', `${settings.batch} × ${settings.accumulate}`],
    ['Seed', `${record.seed}`],
    ['Training loss', `${rounded(metrics.loss_first)} → ${rounded(metrics.loss_last)}`],
    ...(metrics.eval
      ? [
          [
            'Held-out loss',
            `${rounded(metrics.eval.loss_before)} → ${rounded(metrics.eval.loss_after)} (${metrics.eval.rows} rows)`,
          ],
        ]
      : []),
    [
      'Trained on',
      record.gpu
        ? record.gpu.description || `${record.gpu.vendor} ${record.gpu.architecture}`
        : record.device,
    ],
  ];
  const text = [
    ...front,
    '',
    `# LoRA adapter for ${baseName}`,
    '',
    'Trained in a browser tab with Lowrank. `run.json` has every setting.',
    '',
    '## Use',
    '',
    '```sh',
    'pip install torch transformers peft',
    '```',
    '',
    'In this folder:',
    '',
    '```python',
    ...pythonLines(input),
    '```',
    '',
    '## Training',
    '',
    '| | |',
    '|---|---|',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    `The dataset is not in this folder; its SHA-256 is \`${record.dataset.sha256}\`.`,
    '',
  ].join('\n');
  return { path: 'README.md', bytes: new TextEncoder().encode(text) };
}

/** Python that loads the adapter and answers a prompt. */
export function pythonLines({
  baseId,
  baseRevision,
  chat,
}: Pick<CardInput, 'baseId' | 'baseRevision' | 'chat'>): string[] {
  const base = JSON.stringify(baseId);
  const from = baseRevision ? `${base}, revision=${JSON.stringify(baseRevision)}` : base;
  return [
    'from peft import PeftModel',
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    `tokenizer = AutoTokenizer.from_pretrained(${from})`,
    `base = AutoModelForCausalLM.from_pretrained(${from}, dtype="float32")`,
    'model = PeftModel.from_pretrained(base, ".")',
    '',
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

function rounded(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(4)));
}
