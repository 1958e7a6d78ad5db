import { epochOrder, heldOutSplit, rowsOfStep, stepsPerEpoch } from '../../data/batches.ts';
import { UserError } from '../../errors.ts';
import type { NamedFile } from '../../files/named-file.ts';
import { movesBase } from '../../methods/names.ts';
import { sitesOf, splitValues } from '../../methods/parameters.ts';
import { peftTensors, writePeft } from '../../methods/peft.ts';
import type { AdapterSettings } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { float32Bytes, writeSafetensors } from '../../weights/safetensors.ts';
import type { ModelSource } from '../../weights/source.ts';
import { adapterSettings } from '../adapter-settings.ts';
import { type ReadCheckpoint, stateFor } from '../checkpoint.ts';
import { totalSteps } from '../schedule.ts';
import { checkedSettings, type RunSettings, savedSettings, settingOf } from '../settings/list.ts';
import { showSetting } from '../settings/setting.ts';
import rows from './rows.py?raw';
import train from './train.py?raw';

/**
 * A run to take elsewhere: `train.py` on transformers, PEFT and accelerate, the adapter with its optimizer state, the
 * settings and the rows of every step that is left. The dataset is not in it; its SHA-256 is.
 */

/** What `train.py` was checked with. */
const REQUIREMENTS = [
  'torch==2.13.0',
  'transformers==5.23.0',
  'peft==0.21.2',
  'accelerate==1.15.0',
  'safetensors',
];

/**
 * @param mostHeldOut the cap on held-out rows that the run was begun with; null: none.
 * @throws UserError `bad-checkpoint`, `bad-setting`, `run-finished`
 */
export function continueFiles(
  source: ModelSource,
  config: DecoderConfig,
  checkpoint: ReadCheckpoint,
  mostHeldOut: number | null,
): NamedFile[] {
  const { initAdapter } = checkpoint.identity;
  const settings = checkedSettings(
    { ...checkpoint.identity.settings, ...(initAdapter && { rslora: initAdapter.rsLora }) },
    initAdapter !== null,
  );
  // `train.py` takes the loss of supervised training: it would go on with another run.
  if ((settings.objective ?? 'sft') !== 'sft')
    throw new UserError(
      'unsupported-export',
      `A run with the objective ${settings.objective} cannot be continued on another machine: train.py trains on answers alone (sft). The run is safe. Continue it here, or export its adapter.`,
    );
  if (settings.method === 'ia3')
    throw new UserError(
      'unsupported-export',
      'A run of (IA)³ cannot be continued on another machine: train.py knows LoRA’s matrices alone. The run is safe. Continue it here, or export its adapter.',
    );
  // PEFT loads a soft prompt to answer with, not to be trained.
  if (settings.method === 'prompt' || settings.method === 'prefix')
    throw new UserError(
      'unsupported-export',
      'A run with virtual tokens cannot be continued on another machine: PEFT does not load virtual tokens to train them further. The run is safe. Continue it here, or export its adapter.',
    );
  const trained: AdapterSettings = {
    ...adapterSettings(settings, config.family, initAdapter),
    ...checkpoint.identity.start,
  };
  if ('mergeTarget' in trained)
    throw new UserError(
      'unsupported-export',
      'A run for a merged file (--merge-target) cannot be continued on another machine: train.py trains beside the base, and not through the rounding of that file. The run is safe. Continue it here, or export its adapter.',
    );
  // `train.py` would train what the start took off the base, too, and loads no base that is rounded.
  if ('start' in trained && (movesBase(trained) || trained.start === 'loftq'))
    throw new UserError(
      'unsupported-export',
      `A run with the start ${showSetting(settingOf('init'), settings.init)} cannot be continued on another machine: train.py knows the base only as its file has it, not ${movesBase(trained) ? 'moved' : 'rounded'}. The run is safe. Continue it here, or export its adapter.`,
    );
  const modules = sitesOf(config, trained);
  const { adapter, optimizer, progress } = stateFor(checkpoint, modules, trained);
  const { dataset } = checkpoint.identity;
  const { steps, order } = remainingSteps(settings, dataset.rows, progress.step, mostHeldOut);
  if (order.length === 0)
    throw new UserError(
      'run-finished',
      `The run has taken all of its ${steps} steps: there is nothing left to continue. Export the adapter instead.`,
    );
  const run = {
    format: 'lowrank-continue',
    version: 1,
    base_model: { id: source.id, revision: source.revision },
    settings: savedSettings(settings),
    // Without a mapping, `train.py` knows only rows of a known format.
    dataset: {
      sha256: dataset.sha256,
      rows: dataset.rows,
      ...(dataset.mapping && { mapping: dataset.mapping }),
    },
    // What the chat template is given as the date, where it asks for one.
    ...(checkpoint.identity.date && { date: checkpoint.identity.date }),
    step: progress.step,
    steps,
    loss_last: progress.lossLast,
  };
  // Rows are rendered as the run rendered them, whatever the base model's own template is.
  const chosen = checkpoint.identity.settings['chat template'];
  return [
    text('train.py', train),
    text('rows.py', rows),
    text(
      'requirements.txt',
      `${[...REQUIREMENTS, ...(source.kind === 'gguf' ? ['gguf'] : [])].join('\n')}\n`,
    ),
    text('run.json', `${JSON.stringify(run, null, 2)}\n`),
    text('order.json', `${JSON.stringify(order)}\n`),
    ...(typeof chosen === 'string' ? [text('chat_template.jinja', chosen)] : []),
    text('README.md', readme(source, progress.step, steps)),
    ...writePeft(adapter, config, source).map(({ path, bytes }) => ({ path: `adapter/${path}`, bytes })),
    { path: 'optimizer.safetensors', bytes: moments(modules, trained, optimizer) },
  ];
}

/** Positions of the rows of every step after `done`, and the number of steps in all. */
function remainingSteps(
  settings: RunSettings,
  rows: number,
  done: number,
  mostHeldOut: number | null,
): { steps: number; order: number[][] } {
  const { train } = heldOutSplit(rows, settings.evalFraction, settings.seed, mostHeldOut ?? undefined);
  const perEpoch = stepsPerEpoch(train.length, settings.batch, settings.accumulate);
  const steps = totalSteps(settings, train.length);
  const order: number[][] = [];
  let epoch = -1;
  let rowsOfEpoch = new Uint32Array();
  for (let step = done; step < steps; step++) {
    const of = Math.floor(step / perEpoch);
    if (of !== epoch) {
      epoch = of;
      rowsOfEpoch = epochOrder(train, settings.seed, epoch) as Uint32Array<ArrayBuffer>;
    }
    const micro = rowsOfStep(rowsOfEpoch, step % perEpoch, settings.batch, settings.accumulate);
    order.push(micro.flatMap((part) => [...part]));
  }
  return { steps, order };
}

/** AdamW's moments under PEFT's names. */
function moments(
  modules: readonly AdapterModule[],
  adapterSettings: AdapterSettings,
  optimizer: { m: Float32Array; v: Float32Array },
): Uint8Array {
  const names = [
    ['exp_avg', optimizer.m],
    ['exp_avg_sq', optimizer.v],
  ] as const;
  const tensors = names.flatMap(([name, values]) => {
    return peftTensors(splitValues(values, modules, adapterSettings)).map((tensor) => ({
      name: `${name}.${tensor.name}`,
      dtype: 'F32' as const,
      shape: [...tensor.shape],
      data: float32Bytes(tensor.data),
    }));
  });
  return writeSafetensors(tensors, { format: 'pt' });
}

function readme(source: ModelSource, step: number, steps: number): string {
  return [
    `# A training run of ${source.name}, to continue`,
    '',
    `Begun in a browser tab with Lowrank; ${step} of ${steps} steps are done. The rest, on any number of processes:`,
    '',
    '```sh',
    'pip install -r requirements.txt',
    'accelerate launch train.py --data THEIR.jsonl',
    '```',
    '',
    `\`THEIR.jsonl\` is the file that the run was begun with; \`run.json\` has its SHA-256, and train.py refuses any other.${
      source.kind === 'gguf' ? ` The base is \`${source.id}\`: put it here, or name it with --base.` : ''
    } Each step prints its loss; the adapter goes to \`adapter-trained\`, in PEFT’s form. \`--dtype bfloat16\` halves the memory of the base.`,
    '',
  ].join('\n');
}

function text(path: string, content: string): NamedFile {
  return { path, bytes: new TextEncoder().encode(content) };
}
