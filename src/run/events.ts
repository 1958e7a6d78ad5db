import type { MemoryReport } from '../engine/engine.ts';
import type { FigureInfo, Figures } from '../objectives/objective.ts';

/** What a run tells whoever watches: the page and the headless commands share these. */

export type RunState =
  | 'idle'
  | 'loading'
  | 'tuning'
  | 'teaching'
  | 'training'
  | 'paused'
  | 'evaluating'
  | 'saving'
  | 'lost'
  | 'recovering'
  | 'finished'
  | 'failed';

export interface StepEvent {
  type: 'step';
  step: number;
  steps: number;
  epoch: number;
  loss: number;
  gradNorm: number;
  learningRate: number;
  tokens: number;
  supervisedTokens: number;
  /** The objective's own, by the key of their `figures` event. */
  figures: Figures;
  seconds: number;
  tokensPerSecond: number;
  secondsLeft: number;
  /** With `trace` only. */
  inputIds?: number[][];
  labels?: number[][];
  positionIds?: number[][];
  /** Of answers with a verdict, by row. */
  good?: boolean[];
  /** What a teacher saw of each row. */
  taught?: { inputIds: number[]; labels: number[] }[];
}

export type RunEvent =
  | { type: 'state'; state: RunState; detail: string }
  | StepEvent
  /** What steps tell besides the loss. */
  | { type: 'figures'; figures: readonly FigureInfo[] }
  /** The run’s adapter can be asked for under this id. */
  | { type: 'adapter'; id: string }
  | { type: 'eval'; step: number; loss: number; rows: number }
  /** `done` false while the answer streams. */
  | { type: 'sample'; step: number; prompt: string; text: string; done: boolean }
  /** ‖ΔW‖ / ‖W‖ by module, in the order of `modules`. */
  | { type: 'movement'; step: number; modules: { layer: number; target: string }[]; values: number[] }
  | { type: 'memory'; memory: MemoryReport }
  | { type: 'checkpoint'; step: number; bytes: number }
  | { type: 'warning'; text: string }
  | { type: 'progress'; what: string; done: number; total: number | null };
