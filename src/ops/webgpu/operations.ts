import type { Emitter } from '../../gpu/program.ts';
import type { Operations } from '../operations.ts';
import { gatedBackward, gatedForward } from './activation.ts';
import { adamw, gradNorm } from './adamw.ts';
import { attentionBackward, attentionForward } from './attention.ts';
import { scaleColumns, scaleColumnsBackward } from './columns.ts';
import { crossEntropy, softCrossEntropy, sumLosses } from './cross-entropy.ts';
import { embed, embedBackward } from './embedding.ts';
import { linearBackward, linearForward } from './linear.ts';
import { loraDown, loraDownBackward, loraUp, loraUpBackward } from './lora.ts';
import { maskRows } from './mask-rows.ts';
import { mergeRounded } from './merge-rounded.ts';
import { layerNormBackward, layerNormForward, rmsNormBackward, rmsNormForward } from './norm.ts';
import { ropeBackward, ropeForward } from './rope.ts';
import { rowNorms } from './row-norms.ts';
import { addRows, appendRows, gatherRows, scatterRows } from './rows.ts';

type Emitted = {
  [Name in Exclude<keyof Operations, 'clear' | 'scratch'>]: (
    e: Emitter,
    args: Parameters<Operations[Name]>[0],
  ) => void;
};

const EMITTED: Emitted = {
  embed,
  embedBackward,
  linearForward,
  linearBackward,
  loraDown,
  loraUp,
  loraUpBackward,
  loraDownBackward,
  maskRows,
  rowNorms,
  mergeRounded,
  rmsNormForward,
  rmsNormBackward,
  layerNormForward,
  layerNormBackward,
  ropeForward,
  ropeBackward,
  attentionForward,
  attentionBackward,
  gatedForward,
  gatedBackward,
  gatherRows,
  scatterRows,
  addRows,
  appendRows,
  scaleColumns,
  scaleColumnsBackward,
  crossEntropy,
  softCrossEntropy,
  sumLosses,
  gradNorm,
  adamw,
};

/** Operations that add their dispatches to a program on WebGPU. */
export function webgpuOperations(e: Emitter): Operations {
  const recorded = Object.fromEntries(
    Object.entries(EMITTED).map(([name, emit]) => [name, (args: never) => emit(e, args)]),
  ) as Pick<Operations, keyof Emitted>;
  return {
    ...recorded,
    clear: (view) => e.clear(view),
    scratch: (name, bytes) => e.scratch(name, bytes),
  };
}
