import { create } from 'zustand';
import type { DataReport, RowPreview } from '../../data/types.ts';
import type { NamedFile } from '../../files/named-file.ts';
import type { MergeRecord } from '../../merging/record.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type {
  AdapterInfo,
  DataChoice,
  DeviceChoice,
  Estimate,
  ExperimentId,
  Hardware,
  ModelChoice,
  ModelInfo,
  SavedRun,
  TeacherInfo,
} from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';
import type { Pair } from './pairs.ts';
import { PAGE_DEFAULTS } from './presets.ts';
import { EMPTY_RUN, isBusy, type RunView } from './run.ts';
import type { SampleInfo } from './samples.ts';

/** Something that takes a while and can be shown with how far it is. */
export interface Work {
  what: string;
  done: number;
  total: number | null;
  /** Bytes a second, of a download. */
  speed?: number | null;
  /** Nothing was heard of it for a while. */
  long?: boolean;
}

export type Tab = 'samples' | 'compare' | 'data' | 'weights' | 'lab' | 'take' | 'runs' | 'report';
export type Card = 'model' | 'data' | 'recipe';
/** Which part a phone shows. */
export type Pane = 'setup' | 'run' | 'answers';

/** Adapters are merged, or answers are held against what is expected, which is kept with a past run. */
export type Place = { kind: 'merging' } | { kind: 'expectations'; run: string };

/** What the tuned model said. Null: not asked yet; texts grow while they stream. */
export interface Told {
  tuned: string | null;
  /** Step of the adapter that answered. */
  step: number;
  /** How much of the adapter answered; 1: as trained. */
  strength: number;
  done: boolean;
}

/** One question to both models. */
export interface Exchange extends Told {
  id: number;
  prompt: string;
  base: string | null;
  /** The brought adapter that answered, where no run has trained one. */
  by?: string;
}

/** An adapter that the user opened, with its files for a run that starts from it. */
export interface BroughtAdapter {
  name: string;
  files: NamedFile[];
  info: AdapterInfo;
  /** Whether the next run begins from it. */
  goOn: boolean;
  /** What it was merged from here, where it was. */
  merged?: MergeRecord | null;
}

export interface AppState {
  device: DeviceChoice;
  /** `#matrices=on`. */
  matrices: boolean;
  /** `#threads=4`; null: by the machine's cores. */
  threads: number | null;
  hardware: Hardware | null;

  modelChoice: ModelChoice;
  model: ModelInfo | null;
  /** Of the model that the worker has open: what was trained on it can be saved while another is on its way. */
  exports: ModelInfo['exports'];
  modelWork: Work | null;
  modelError: PageError | null;
  /** The model that the objective distil learns from. */
  teacher: TeacherInfo | null;
  /** Name of the adapter on it. */
  teacherAdapter: string | null;
  teacherWork: Work | null;
  teacherError: PageError | null;
  /** Of a chat template that could not be used; the one before is in use still. */
  templateError: PageError | null;
  /** What did not open, to try again. */
  modelFailed: ModelChoice | null;
  /** A paused download, to be resumed. */
  modelPaused: { choice: ModelChoice; work: Work } | null;
  /** What was typed or pasted of a model on the hub. The token is nowhere else than here. */
  hub: { text: string; revision: string; token: string };

  samples: SampleInfo[];
  dataChoice: DataChoice | null;
  /** Data that are being read, or wait for the model; those that are open stay until these are read. */
  dataPending: { choice: DataChoice; title: string } | null;
  /** Title for people: `Sample: talk like a pirate`, or the file's name. */
  dataTitle: string;
  data: DataReport | null;
  /** What the form of its rows is called. */
  dataForm: string;
  dataWork: Work | null;
  dataError: PageError | null;
  /** Which of the files that were dropped are not among the data. */
  dataNote: string | null;
  /** One of the first rows, for the example on the first screen. */
  exampleRow: RowPreview | null;
  /** Held-out rows whose very text is trained on as well; null until counted. */
  leaks: number | null;
  /** Examples that the person writes, and whether their table is open. */
  pairs: Pair[];
  writing: boolean;
  /** Whether they are typed on the first screen. */
  byHand: boolean;

  settings: RunSettings;
  /** What came of opening a recipe. */
  recipeNote: string | null;
  /** The link that was followed, with what was set before it; until a run begins. */
  fromLink: { hash: string; before: RunSettings; chatTemplate: string | null } | null;
  estimate: Estimate | null;

  prompts: string[];
  /** Those among them that the page gave for its data, and no person wrote. */
  givenPrompts: string[];
  /** The base's answers before any run, by prompt. */
  baseAnswers: Record<string, { text: string; done: boolean }>;

  run: RunView;
  /** Between pressing Train and the worker's first word. */
  starting: boolean;
  /** An experiment is under way: model, data and settings stay as they are until it has ended. */
  underWay: ExperimentId | 'sweep' | 'weights' | null;
  /** Settings of the run that is shown; those in the cards may have been changed since. */
  runSettings: RunSettings | null;
  /** The chat template that was chosen for it; null: the model's own, or none. */
  runTemplate: string | null;
  /** Whether the run that is shown began from an adapter that had been trained before. */
  runContinued: boolean;
  /** `leaks` of its data, once it has ended. */
  runLeaks: number | null;
  runName: string;
  /** Whether its result begins with a question to ask: the first run that this browser knows of, or one on rows that were typed. */
  runFirst: boolean;
  /** A run that was open when the page was closed. */
  saved: SavedRun | null;
  /** Whether the person was asked, on pressing Train, if that run may be discarded. */
  askedAnew: boolean;

  /** An adapter that the user opened, to try it or to continue training from it. */
  adapter: BroughtAdapter | null;
  adapterError: PageError | null;

  /** The adapter that answers beside the base, on the worker's shelf: of the run, or brought. */
  tuned: string | null;

  exchanges: Exchange[];
  /** What the tuned model said of a finished run's own prompts when asked again, by prompt. */
  retold: Record<string, Told>;
  asking: boolean;
  askError: PageError | null;
  strength: number;

  /** An export under way. */
  taking: Work | null;
  takeError: PageError | null;

  /** What the middle of the page is for in the place of the run. */
  place: Place | null;
  tab: Tab;
  /** Which experiment the tab Lab shows. */
  lab: ExperimentId;
  openCards: Record<Card, boolean>;
  pane: Pane;
  drawer: boolean;
  keysShown: boolean;
  /** The large view for a room. */
  presenting: boolean;
  /** Step whose samples a click on the curve asked for. */
  focusStep: number | null;
}

export const useApp = create<AppState>(() => ({
  device: 'auto',
  matrices: false,
  threads: null,
  hardware: null,
  modelChoice: { kind: 'bundled' },
  model: null,
  exports: [],
  modelWork: null,
  modelError: null,
  ...{ teacher: null, teacherAdapter: null, teacherWork: null, teacherError: null },
  templateError: null,
  modelFailed: null,
  modelPaused: null,
  hub: { text: '', revision: '', token: '' },
  samples: [],
  dataChoice: null,
  dataPending: null,
  dataTitle: '',
  data: null,
  dataForm: '',
  dataWork: null,
  dataError: null,
  dataNote: null,
  exampleRow: null,
  leaks: null,
  pairs: [],
  writing: false,
  byHand: false,
  settings: PAGE_DEFAULTS,
  recipeNote: null,
  fromLink: null,
  estimate: null,
  prompts: [],
  givenPrompts: [],
  baseAnswers: {},
  run: EMPTY_RUN,
  starting: false,
  underWay: null,
  runSettings: null,
  runTemplate: null,
  runContinued: false,
  runLeaks: null,
  runName: '',
  runFirst: false,
  saved: null,
  askedAnew: false,
  tuned: null,
  exchanges: [],
  retold: {},
  asking: false,
  askError: null,
  strength: 1,
  taking: null,
  adapter: null,
  adapterError: null,
  takeError: null,
  place: null,
  tab: 'samples',
  lab: 'ladder',
  openCards: { model: false, data: false, recipe: true },
  pane: 'run',
  drawer: false,
  keysShown: false,
  presenting: false,
  focusStep: null,
}));

type Taken = Pick<AppState, 'run' | 'underWay'>;

/** What has the model and the data to itself, after “A”; null where nothing has. */
export function takenBy({ run, underWay }: Taken): string | null {
  return underWay ? EXPERIMENTS_CALLED[underWay] : isBusy(run.state) ? 'run' : null;
}

const EXPERIMENTS_CALLED: Record<NonNullable<AppState['underWay']>, string> = {
  ladder: 'ladder',
  distil: 'distillation',
  tasks: 'comparison of tasks',
  frontier: 'comparison of models',
  sweep: 'comparison of short runs',
  weights: 'sweep of weights',
};

/** Whether a run or an experiment has the model and the data to itself. */
export function isTaken(app: Taken): boolean {
  return takenBy(app) !== null;
}

export const setApp = useApp.setState;
export const getApp = useApp.getState;
