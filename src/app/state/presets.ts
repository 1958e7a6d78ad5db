import { defaultSettings, isOfObjective, type RunSettings, SETTINGS } from '../../run/settings/list.ts';
import { chosenTargets } from '../shared/target-name.ts';

/** What the page holds out by itself; the headless commands hold out nothing unless asked. */
export const PAGE_DEFAULTS: RunSettings = defaultSettings({ evalFraction: 0.1 });

export interface Preset {
  id: 'quick' | 'style' | 'thorough';
  label: string;
  hint: string;
  settings: Partial<RunSettings>;
}

export const PRESETS: readonly Preset[] = [
  { id: 'quick', label: 'Quick look', hint: 'A short run, to see whether anything changes.', settings: {} },
  {
    id: 'style',
    label: 'Style',
    hint: 'For a tone or a format.',
    settings: { rank: 16, alpha: 32, epochs: 5, learningRate: 5e-4, schedule: 'cosine', warmup: 10 },
  },
  {
    id: 'thorough',
    label: 'Thorough',
    hint: 'Adapts more of the model, and for longer.',
    settings: {
      rank: 32,
      alpha: 64,
      dropout: 0.05,
      epochs: 8,
      learningRate: 3e-4,
      schedule: 'cosine',
      warmup: 20,
      targets: ['all'],
    },
  },
];

export function presetSettings(preset: Preset): RunSettings {
  return { ...PAGE_DEFAULTS, ...preset.settings };
}

/** What is trained for: no preset decides it. */
export function ofObjective(settings: RunSettings): Partial<RunSettings> {
  const own = SETTINGS.filter((setting) => setting.key === 'objective' || isOfObjective(setting));
  return Object.fromEntries(own.map(({ key }) => [key, settings[key]]));
}

/** What settings that are left open come to here. */
export interface Here {
  model: { targets: readonly string[]; defaultTargets: readonly string[] } | null;
  /** Of the run that the settings would be. */
  steps: number | null;
}

/**
 * The preset that these settings are, or null where something was changed. What a preset leaves open counts as equal
 * where it is written out: the settings of a run that goes on, or of an adapter, have it so.
 */
export function presetOf(settings: RunSettings, here: Here = { model: null, steps: null }): Preset | null {
  const text = JSON.stringify(writtenOut(settings, here));
  return PRESETS.find((preset) => JSON.stringify(writtenOut(presetSettings(preset), here)) === text) ?? null;
}

function writtenOut(settings: RunSettings, { model, steps }: Here): RunSettings {
  const { targets, evalEvery, keep, evalFraction } = settings;
  return {
    ...settings,
    ...ofObjective(PAGE_DEFAULTS),
    targets: model ? [...chosenTargets(model, targets)].sort() : targets,
    evalEvery: evalEvery ?? (steps === null ? null : evalInterval(steps)),
    keep: keep ?? (evalFraction > 0 ? 'best' : 'last'),
  };
}

/** How often to ask the prompts so that about six frames appear. */
export function sampleInterval(steps: number): number {
  return Math.max(1, Math.ceil(steps / 5));
}

/** How often to measure held-out rows: about ten points a run, never more than every second step. */
export function evalInterval(steps: number): number {
  return Math.max(2, Math.ceil(steps / 10));
}
