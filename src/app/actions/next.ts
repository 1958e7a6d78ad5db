import { ofObjective, PRESETS, type Preset, presetSettings } from '../state/presets.ts';
import type { SampleInfo } from '../state/samples.ts';
import { getApp, setApp } from '../state/store.ts';
import { openSweep } from '../state/sweep.ts';
import { refreshEstimate } from './estimate.ts';
import { openSample } from './open-data.ts';
import { train } from './run.ts';
import { changeSettings, writeHash } from './settings.ts';

/** What comes after a first run: three things to do, each with its reason and one press away. */

export interface Suggestion {
  id: string;
  label: string;
  reason: string;
  run(): Promise<void> | void;
}

/** Samples that say something else than the one before, the most telling first. */
const SAMPLES: readonly { file: string; label: string; reason: string }[] = [
  {
    file: 'classify.jsonl',
    label: 'Sort messages',
    reason: 'Each answer there is right or wrong, so you see a score before and after.',
  },
  {
    file: 'extract.jsonl',
    label: 'Turn sentences into JSON',
    reason: 'The answers have a form that must be met exactly, which a prompt alone seldom gets.',
  },
];

/** What those have seen who typed their rows: one tone. */
const MORE_ROWS = {
  file: 'pirate.jsonl',
  label: 'Talk like a pirate',
  reason: 'One tone again, of 283 rows with some held out: see what more rows do.',
};

/** The setting that most depends on it whether a run learns anything. */
const COMPARED: Suggestion = {
  id: 'sweep',
  label: 'See what the learning rate does',
  reason: 'Three short runs side by side, in about a minute: which crawls, which learns, which diverges.',
  run: () => openSweep('learningRate'),
};

export interface Done {
  /** The sample that is open; null: other data. */
  open: string | null;
  /** Whether they were typed. */
  written: boolean;
  samples: readonly SampleInfo[];
  /** The preset that it was trained with; null: settings of the person's own. */
  preset: Preset['id'] | null;
}

export function suggestions({ open, written, samples, preset: trained }: Done): Suggestion[] {
  const has = ({ file }: { file: string }) => samples.some((other) => other.file === file);
  const train = ({ file, label, reason }: (typeof SAMPLES)[number]): Suggestion => ({
    ...{ id: file, label, reason },
    run: () => trainSample(file),
  });
  const other = SAMPLES.find((sample) => sample.file !== open && has(sample));
  const preset = PRESETS.find(({ id }) => id === 'thorough')!;
  const own: Suggestion = {
    id: 'own',
    ...(written
      ? {
          label: 'Write more examples',
          reason: 'More rows that differ make it hold on questions that you did not type.',
        }
      : {
          label: 'Write ten examples of your own',
          reason: 'Training pays for what no model knows: your tone, your format, your labels.',
        }),
    run: () => setApp({ writing: true }),
  };
  const last: Suggestion =
    written && has(MORE_ROWS)
      ? train(MORE_ROWS)
      : trained === preset.id
        ? COMPARED
        : {
            id: preset.id,
            label: `Train with ${preset.label}`,
            reason: 'More parts of the model and more epochs: it takes longer, and usually gets further.',
            run: () => trainWith(preset),
          };
  return [own, ...(other ? [train(other)] : []), last];
}

/** Opens a sample and trains on it, with the settings as they are. */
async function trainSample(file: string): Promise<void> {
  const sample = getApp().samples.find((other) => other.file === file);
  if (!sample || !(await openSample(sample))) return;
  writeHash();
  await train();
}

/** Trains on the same data with the settings of a preset. */
async function trainWith(preset: Preset): Promise<void> {
  changeSettings({ ...presetSettings(preset), ...ofObjective(getApp().settings) });
  // How often is measured and sampled follows from the number of steps.
  await refreshEstimate();
  await train();
}
