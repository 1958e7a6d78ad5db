import type { BadRow, DataOptions } from '../../data/types.ts';
import type { EngineInfo, MemoryReport } from '../../engine/engine.ts';
import type { NamedFile } from '../../files/named-file.ts';
import type { Expectation } from '../../lab/expectations/expectation.ts';
import type { ObjectiveName } from '../../objectives/names.ts';
import type { FigureInfo, Figures } from '../../objectives/objective.ts';
import type { RunMetrics } from '../../run/record.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { ModelChoice } from './models.ts';

/** A run as it is asked for, as it ends, and as it is kept. */

/** `sample`: a file name in public/samples. */
export type DataChoice = (
  | { kind: 'file'; file: File }
  | { kind: 'files'; files: File[] }
  | { kind: 'sample'; file: string }
  | { kind: 'text'; name: string; text: string }
  /** The copy that was kept with a saved run. */
  | { kind: 'stored'; name: string }
) & {
  /** Columns chosen by the person. */
  mapping?: DataOptions['mapping'];
};

export interface TrainRequest {
  settings: RunSettings;
  /** Asked every `sampleEvery` steps, before and after. */
  prompts: string[];
  sampleEvery: number | null;
  sampleTokens: number;
  /** Send ids and labels with each step event. */
  trace: boolean;
  /** Largest number of held-out rows (page: 200). */
  maxEvalRows: number | null;
  /** Held-out rows from another file, opened by `openData(…, 'eval')`. */
  evalData: boolean;
  /** Places of the open rows that are neither trained on nor held out for this run. */
  leaveOut?: number[];
  /**
   * A short run beside the person's own: whoever asks for it puts its adapter away again. The steps that are kept stay
   * those of the run before, and so does the estimate of time.
   */
  aside?: boolean;
  /** Files of an adapter to go on from. */
  initAdapter?: NamedFile[];
  /** The tuner's choice to use (`--kernels`). */
  kernels?: Record<string, string>;
  /** Most bytes of GPU memory that the plan may ask for. */
  memoryLimit?: number;
  /** A checkpoint file to go on from; `saved`: the one of the run that the page keeps. */
  resume?: { name: string; bytes: Uint8Array } | 'saved';
  /** Kept in the browser under this name while it runs, so that it can be resumed when the page was closed. */
  keepAs?: string;
  /** What the page calls the data, for the visit on which the run goes on. */
  dataTitle?: string;
  /** The settings as the person chose them, where the page has filled in what they left open; likewise. */
  chosen?: RunSettings;
}

export interface RunSummary extends RunMetrics {
  /** The adapter on the shelf. */
  adapter: string;
  method: RunSettings['method'];
  objective: ObjectiveName;
  /** The objective's own figures in the last step; null where it has none. */
  metrics: Figures | null;
  parameters: number;
  /** `estimated`: used, dropped and bad_count are, from a sample of a large file. */
  rows: {
    read: number;
    used: number;
    dropped: number;
    bad_count: number;
    bad: BadRow[];
    estimated?: true;
  };
  memory: MemoryReport;
  dispatches_per_step: number | null;
  submits_per_step: number | null;
  device: EngineInfo['device'];
  gpu: EngineInfo['gpu'];
  kernels: Record<string, string>;
  warnings: string[];
  /** Stopped by the person before its last step. */
  stopped: boolean;
  /** Ended by `interrupt`, to be resumed. */
  interrupted: boolean;
}

export type SaveCheckpoint = (step: number, file: Uint8Array) => Promise<void>;

/** Estimate for settings that are not running yet. */
export interface PlannedMemory {
  base: number;
  adapter: number;
  optimizer: number;
  activation: number;
}

export interface RunCost {
  memory: PlannedMemory;
  trainableParameters: number;
}

export interface Estimate extends RunCost {
  steps: number;
  /** What a teacher gives to the rows, beside that memory, where the objective learns from one. */
  teacherBytes?: number;
  /** Where a second model reads the rows first, what it takes then; null: none is open. */
  teacherMemory?: PlannedMemory | null;
  /** The same run by LoRA, and with supervised training; null where it is that. */
  beside: { lora: RunCost | null; supervised: RunCost | null };
  /** Null until a step was measured on this device for this model. */
  seconds: number | null;
}

/** A run that was open when the page was closed. */
export interface SavedRun {
  name: string;
  /** ISO date. */
  began: string;
  /** `choice` null: it was dropped and must be dropped again. */
  model: {
    choice: ModelChoice | null;
    name: string;
    /** The chat template that was chosen in place of its own. */
    chatTemplate?: string;
  };
  data: { choice: DataChoice | null; name: string };
  request: TrainRequest;
  /** Of its newest whole checkpoint. */
  step: number;
}

/** A model that was picked for an experiment. */
export interface PickedModel {
  /** `choice` null: to be chosen again. */
  model: SavedRun['model'];
  /** As a flag of a command takes it: of a folder or a file, its name. */
  flag: string;
}

/** A figure of the objective over a run: what it is, and its values (null: not a number). */
export interface KeptFigure extends FigureInfo {
  values: (number | null)[];
}

/** Expectations that are kept with a run, and what was found when they were checked; no answer. */
export interface Expected {
  list: Expectation[];
  /** The latest last. */
  checks: ExpectedCheck[];
}

export interface ExpectedCheck {
  /** Who answered: the base, or an adapter by its name. */
  of: string;
  model: string;
  /** ISO date. */
  at: string;
  /** Whether each was met, by the line of a file that it would be; those that were added since are not in it. */
  met: Readonly<Record<string, boolean>>;
}

/**
 * A finished or stopped run as the page keeps it: settings, curve, figures, a note, and what is expected of it; no row and no
 * answer.
 */
export interface PastRun {
  id: string;
  name: string;
  note: string;
  /** ISO date. */
  ended: string;
  model: string;
  data: string;
  /** Of its data; runs of earlier versions have none. */
  dataSha256?: string;
  settings: RunSettings;
  summary: RunSummary;
  /** Smoothed loss and held-out points, thinned to what a screen can show. */
  curve: {
    step: number[];
    loss: number[];
    heldStep: number[];
    heldLoss: number[];
    /** The objective's own figures at these steps; runs of earlier versions have none. */
    figures?: KeptFigure[];
  };
  /** The task's own figure, where the data say what is right. */
  figure: { what: string; before: number; after: number } | null;
  /** Loss on the page's general rows. */
  elsewhere: { before: number; after: number } | null;
  /** Of the adapter kept with it; 0: none is. */
  adapterBytes: number;
  /** Where the person has said what answers must have. */
  expected?: Expected;
}
