// A recorded program and what executes it: operation after operation, each as [number, words of arguments, arguments …].
import { gatedBackward, gatedForward } from './activation';
import { attentionBackward, attentionForward, attentionScratch } from './attention';
import { scaleColumns, scaleColumnsBackward } from './columns';
import { linearBackward, linearForward, loraDown, loraDownBackward, loraUp, loraUpBackward, maskRows } from './linear';
import { adamw, clear, crossEntropy, gradNorm, sumLosses } from './loss';
import { mergeRounded } from './merge-rounded';
import { layerNormBackward, layerNormForward, rmsNormBackward, rmsNormForward } from './norm';
import { PANELS, SPARE } from './product';
import { rowNorms } from './row-norms';
import { addRows, appendRows, embed, embedBackward, gatherRows, rope, scatterRows } from './rowwise';
import { softCrossEntropy } from './soft-targets';
import { beginPieces, currentJob, jobFrom, jobScratch, jobThreads, jobTo, meet, nextJob, publish } from './threads';

/** First byte that this module leaves to others. */
export function firstFree(): usize {
  return __heap_base;
}

/** Bytes that a thread needs for itself, where attention is over so many keys. */
export function scratchBytes(keys: i32, headDim: i32): usize {
  return max(PANELS + SPARE, attentionScratch(keys, headDim));
}

/** Executes [from, to) by `threads` threads, of which this is the first; thread `t` has its scratch at `t` · stride. */
export function execute(
  control: usize, from: usize, to: usize, threads: i32, scratch: usize, stride: usize,
): void {
  if (threads > 1) publish(control, from, to, threads, scratch, stride);
  takeShare(control, from, to, 0, threads, scratch);
}

/** What every other thread does for as long as it lives. */
export function serve(control: usize, thread: i32): void {
  let job = currentJob(control);
  while (true) {
    const threads = jobThreads(job);
    if (thread < threads)
      takeShare(control, jobFrom(control), jobTo(control), thread, threads, jobScratch(control, thread));
    job = nextJob(control, job);
  }
}

/**
 * The share of thread `thread` of `threads` in the operations of [from, to), which all begin together; without
 * `control` nobody waits for anybody.
 */
export function takeShare(control: usize, from: usize, to: usize, thread: i32, threads: i32, scratch: usize): void {
  while (from < to) {
    const op = load<i32>(from);
    const args = from + 8;
    from = args + (load<usize>(from, 4) << 2);
    beginPieces(control, thread, threads);
    compute(op, args, thread, threads, scratch);
    if (control && threads > 1) meet(control, threads);
  }
}

function compute(op: i32, args: usize, thread: i32, threads: i32, scratch: usize): void {
  switch (op) {
    case 0: embed(args, thread, threads, scratch); break;
    case 1: linearForward(args, threads, scratch); break;
    case 2: linearBackward(args, threads, scratch); break;
    case 3: loraDown(args, thread, threads, scratch); break;
    case 4: loraUpBackward(args, thread, threads, scratch); break;
    case 5: loraDownBackward(args, thread, threads, scratch); break;
    case 6: rmsNormForward(args, thread, threads); break;
    case 7: rmsNormBackward(args, thread, threads); break;
    case 8: layerNormForward(args, thread, threads); break;
    case 9: layerNormBackward(args, thread, threads); break;
    case 10: rope(args, thread, threads); break;
    case 11: attentionForward(args, scratch); break;
    case 12: attentionBackward(args, scratch); break;
    case 13: gatedForward(args, threads); break;
    case 14: gatedBackward(args, threads); break;
    case 15: gatherRows(args, thread, threads); break;
    case 16: scatterRows(args, thread, threads); break;
    case 17: addRows(args, thread, threads); break;
    case 18: appendRows(args, thread, threads); break;
    case 19: crossEntropy(args, threads); break;
    case 20: sumLosses(args, thread); break;
    case 21: gradNorm(args, thread); break;
    case 22: adamw(args, thread, threads); break;
    case 23: clear(args, thread); break;
    case 24: scaleColumns(args, thread, threads, scratch); break;
    case 25: scaleColumnsBackward(args, thread, threads, scratch); break;
    case 26: loraUp(args, thread, threads, scratch); break;
    case 27: embedBackward(args, thread, threads); break;
    case 28: maskRows(args, thread, threads, scratch); break;
    case 29: rowNorms(args, thread, threads, scratch); break;
    case 30: softCrossEntropy(args, threads); break;
    case 31: mergeRounded(args, thread, threads, scratch); break;
    default: unreachable();
  }
}
