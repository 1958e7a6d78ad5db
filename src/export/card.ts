import type { NamedFile } from '../files/named-file.ts';
import { type MergeRecord, sourcesText } from '../merging/record.ts';
import { methodOf } from '../methods/list.ts';
import { movesBase } from '../methods/names.ts';
import type { AdapterSettings } from '../methods/types.ts';
import { OBJECTIVE_NAMES } from '../objectives/names.ts';
import type { RunRecord, TeacherMeasure } from '../run/record.ts';
import { settingOf } from '../run/settings/list.ts';
import { showSetting } from '../run/settings/setting.ts';
import { templateLines } from './chat-template.ts';
import type { AdapterFormat, BaseName } from './format.ts';

export interface CardInput extends BaseName {
  /** For people, e.g. `SmolLM2-135M-Instruct`. */
  baseName: string;
  baseLicence: string | null;
  format: AdapterFormat;
  /** Name of the file, for formats that are one. */
  file: string;
  /** Where the program computes something a little else, in sentences. */
  differs?: readonly string[];
  adapterSettings: AdapterSettings;
  /** Null where the adapter was brought without a `run.json`. */
  record: RunRecord | null;
  /** What it was merged from, where it was. */
  merged?: MergeRecord;
}

/**
 * The model card. Its Python lines run as they stand in the unpacked folder: with the bundled model the base lies
 * beside the adapter in `./base`.
 */
export function modelCard(input: CardInput): NamedFile {
  const { baseId, baseName, baseLicence, format, record, merged, adapterSettings } = input;
  const words = methodOf(adapterSettings).words(adapterSettings);
  const local = baseId.startsWith('./');
  const front = [
    '---',
    ...(local ? [] : [`base_model: ${JSON.stringify(baseId)}`]),
    ...(baseLicence ? [`license: ${baseLicence}`] : []),
    `library_name: ${format.library}`,
    'pipeline_tag: text-generation',
    'tags:',
    `- ${words.tag}`,
    '- lowrank',
    '---',
  ];
  const text = [
    ...front,
    '',
    format.merged ? `# ${baseName} with a ${words.title} merged in` : `# ${words.title} for ${baseName}`,
    '',
    `${merged ? 'Merged' : 'Trained'} in a browser tab with Lowrank.${format.runRecord && record ? ' `run.json` has every setting.' : ''}`,
    '',
    '## Use',
    '',
    ...format.use(input, input.file),
    ...templateLines(input.template ?? 'model'),
    ...(input.differs ?? []).flatMap((sentence) => ['', sentence]),
    '',
    record ? '## Training' : '## Adapter',
    '',
    '| | |',
    '|---|---|',
    ...[
      ...adapterRows(input),
      ...(merged ? mergeRows(merged) : []),
      ...(record ? trainingRows(record) : []),
    ].map(([name, value]) => `| ${name} | ${value} |`),
    '',
    ...(record
      ? [`The dataset is not in this folder; its SHA-256 is \`${record.dataset.sha256}\`.`, '']
      : []),
  ].join('\n');
  return { path: 'README.md', bytes: new TextEncoder().encode(text) };
}

function adapterRows({
  baseId,
  baseName,
  baseRevision,
  adapterSettings,
}: CardInput): (readonly [name: string, value: string])[] {
  return [
    [
      'Base model',
      baseId.startsWith('./')
        ? `${baseName} (in \`${baseId}\`)`
        : `\`${baseId}\`${baseRevision ? ` at \`${baseRevision}\`` : ''}`,
    ],
    ...methodOf(adapterSettings).words(adapterSettings).rows,
  ];
}

function mergeRows(merged: MergeRecord): [string, string][] {
  const { density, seed } = merged;
  return [
    ['Merged from (weight)', sourcesText(merged)],
    [
      'Way',
      [merged.way, density !== null && `density ${density}`, seed !== null && `seed ${seed}`]
        .filter(Boolean)
        .join(', '),
    ],
  ];
}

function trainingRows(record: RunRecord): [string, string][] {
  const { metrics, settings } = record;
  return [
    ...objectiveRow(settings),
    ...startRow(record),
    ...mergeRow(record),
    ['Base precision in training', record.base_model.precision],
    [
      'Steps',
      `${metrics.steps} (${rounded(metrics.epochs)} passes over ${record.dataset.rows_trained ?? record.dataset.rows_used} rows)`,
    ],
    [
      'Learning rate, schedule',
      `${settings.learningRate}${(settings.loraPlusRatio ?? 1) === 1 ? '' : ` (B: × ${settings.loraPlusRatio}, LoRA+)`}, ${settings.schedule}`,
    ],
    ['Batch × accumulation', `${settings.batch} × ${settings.accumulate}`],
    ['Seed', `${record.seed}`],
    ['Training loss', `${rounded(metrics.loss_first)} → ${rounded(metrics.loss_last)}`],
    ...(metrics.eval
      ? [
          [
            'Held-out loss',
            `${rounded(metrics.eval.loss_before)} → ${rounded(metrics.eval.loss_after)} (${metrics.eval.rows} rows)`,
          ] as [string, string],
        ]
      : []),
    ...(metrics.teacher ? teacherRows(metrics.teacher) : []),
    [
      'Trained on',
      record.gpu
        ? record.gpu.description || `${record.gpu.vendor} ${record.gpu.architecture}`
        : record.device,
    ],
  ];
}

/** How the adapter began, and where that made it another than it is here. */
function startRow({
  settings: { init = 'default', rank, alpha },
  base_model,
}: RunRecord): [string, string][] {
  if (init === 'default') return [];
  const label = showSetting(settingOf('init'), init);
  const moved = movesBase({ start: init });
  return [
    [
      'Start',
      moved
        ? `${label}, trained at rank ${rank} and alpha ${alpha}; the other half of the rank is what the start took off the base`
        : init === 'loftq'
          ? `${label}: for the base as it is rounded to ${base_model.precision}, and for no other`
          : label,
    ],
  ];
}

/** The file that it was trained for; beside the base it is a little another. */
function mergeRow({ settings: { mergeTarget = 'none' } }: RunRecord): [string, string][] {
  if (mergeTarget === 'none') return [];
  return [
    [
      'Trained for',
      `a merged GGUF file in ${showSetting(settingOf('mergeTarget'), mergeTarget)}, through its rounding`,
    ],
  ];
}

/** Supervised training goes without saying. */
function objectiveRow({ objective, beta }: RunRecord['settings']): [string, string][] {
  if (!objective || objective === 'sft') return [];
  // A record of a later version may have one that is not known here.
  const known = OBJECTIVE_NAMES.find(({ value }) => value === objective);
  const scale = known?.rows === 'answers' ? '' : `, β ${beta ?? settingOf('beta').default}`;
  return [['Objective', `${known?.label ?? objective}${scale}`]];
}

function teacherRows(teacher: TeacherMeasure): [string, string][] {
  const { kl_before, kl_after, rows, held_out, tokens_saved, name } = teacher;
  return [
    [
      'KL to the teacher',
      `${rounded(kl_before)} → ${rounded(kl_after)} (${rows} ${held_out ? 'held-out' : 'training'} rows)`,
    ],
    ...(tokens_saved === null
      ? []
      : [
          ['Prompt baked in', `${Math.round(tokens_saved)} tokens, which no question needs any more`] as [
            string,
            string,
          ],
        ]),
    ...(name === undefined ? [] : [['Teacher', name] as [string, string]]),
  ];
}

function rounded(value: number | null): string {
  return value === null ? '–' : String(Number(value.toPrecision(4)));
}
