import { type Batch, supervisedCount } from '../data/batch.ts';
import type { StepResult } from '../engine/engine.ts';
import type { AdapterWeights } from '../methods/types.ts';
import type { Figures, MicroBatch } from '../objectives/objective.ts';
import { Reference } from '../objectives/reference.ts';
import { type Weighted, weighed } from '../objectives/weigh.ts';
import { ADAMW } from '../ops/adamw.ts';
import type { TrainingState } from './checkpoint.ts';
import type { StepEvent } from './events.ts';
import { type HeldOutLoss, heldOutLoss } from './held-out.ts';
import { movedParts } from './moved-parts.ts';
import { type Failed, whyNotANumber } from './not-a-number.ts';
import { Wishes } from './pause-and-stop.ts';
import { learningRate, totalSteps } from './schedule.ts';
import { StepBatches } from './step-batches.ts';
import { traceOf } from './trace.ts';
import type { TrainerOptions, TrainerResult } from './trainer-options.ts';

export type { TrainerOptions, TrainerResult };

/** Steps whose loss has not come back yet: one computes while the next is prepared. */
const PENDING = 2;
/** Updates skipped in a row before a run is given up. */
const SKIPPED = 3;

interface Pending {
  step: number;
  epoch: number;
  lr: number;
  micro: readonly MicroBatch[];
  work: Weighted;
  /** Tokens with a target. */
  supervised: number;
  result: Promise<StepResult>;
}

/** Runs the optimizer steps of one run over an engine and reports what happens. */
export class Trainer {
  readonly totalSteps: number;
  readonly #batches: StepBatches;
  readonly #wishes = new Wishes(() => this.#wait());
  readonly #pending: Pending[] = [];
  #skipped = 0;
  #seconds = 0;
  #segment = 0;
  #done = { steps: 0, epoch: 0, tokens: 0, supervised: 0 };
  #losses: { first: number | null; last: number | null } = { first: null, last: null };
  /** Of steps that changed the adapter: whether there was one, and the loss of the first and the last. */
  #good: Pick<Failed, 'learned' | 'first' | 'last'> = { learned: false, first: null, last: null };
  #best: { step: number; loss: number; adapter: AdapterWeights } | null = null;
  /** Step of the newest checkpoint. */
  #saved = 0;
  #evals: { step: number; loss: number }[] = [];
  #figures: Figures | null = null;
  /** Of the training rows, and of the held-out ones, which have keys of their own. */
  #reference: Reference;
  #heldOutReference: Reference;

  constructor(readonly options: TrainerOptions) {
    const { dataset, rows, settings, objective } = options;
    const { resume } = options;
    const reference = options.reference ?? resume?.reference?.adapter ?? null;
    this.#batches = new StepBatches(dataset, rows, settings, objective);
    this.#reference = new Reference(reference, resume?.reference?.sums);
    this.#heldOutReference = new Reference(reference);
    this.totalSteps = totalSteps(settings, rows.length);
  }

  pause(): void {
    this.#wishes.pause();
  }

  resume(): void {
    this.#wishes.resume();
  }

  /** Ends the run with a last measurement; asked for again, without. */
  stop(): void {
    this.#wishes.stop();
  }

  /** Ends the run soon, with a checkpoint to resume from. */
  interrupt(): void {
    this.#wishes.interrupt();
  }

  async run(): Promise<TrainerResult> {
    const { settings, resume, objective, emit } = this.options;
    // Names of the figures come before the first of their values.
    if (objective.figures.length > 0) emit({ type: 'figures', figures: objective.figures });
    const keep = settings.keep ?? (this.options.heldOut ? 'best' : 'last');
    if (resume) await this.#restore(resume);
    this.#saved = this.#done.steps;
    const first = this.#done.steps + 1;
    await this.#between(this.#done.steps);
    for (let step = first; step <= this.totalSteps && !this.#wishes.stopped; step++) {
      if (this.#wishes.paused) await this.#wait();
      if (this.#wishes.stopped) break;
      await this.#submit(step);
      while (this.#pending.length >= PENDING) await this.#settle();
      if (!this.#due(step)) continue;
      await this.#drain();
      await this.#between(step);
      if (this.#impatient()) {
        emit({
          type: 'warning',
          text: `Stopped early at step ${step}: the held-out loss has not fallen for ${settings.patience} measurements.`,
        });
        break;
      }
      const every = this.options.checkpoint?.every;
      if (every && step % every === 0 && step < this.totalSteps) await this.#save();
    }
    await this.#drain();
    if (!this.#wishes.interrupted) return this.#finish(keep);
    await this.#save();
    return this.#result(0);
  }

  /** Whether something that needs its result is to be done after this step. */
  #due(step: number): boolean {
    if (step === this.totalSteps) return false;
    const { sampleEvery, settings, checkpoint } = this.options;
    return [settings.evalEvery, sampleEvery, checkpoint?.every].some((every) => every && step % every === 0);
  }

  /** Measures and samples where this step asks for it: before the first, and at its intervals. */
  async #between(step: number): Promise<void> {
    const { sampleEvery, settings } = this.options;
    const at = (every: number | null) => step === 0 || (every !== null && step % every === 0);
    const measured = this.#evals.some((one) => one.step === step);
    if (step < this.totalSteps || step === 0) {
      if (at(settings.evalEvery) && !measured) await this.#measure(step);
      if (at(sampleEvery) && !this.#wishes.stopped) await this.#sample(step);
    }
    if (this.#wishes.stopped) return;
    this.#state('training');
    this.#segment = performance.now();
  }

  #impatient(): boolean {
    const { patience } = this.options.settings;
    if (patience === null || this.#evals.length === 0) return false;
    const best = this.#evals.findIndex(({ step }) => step === this.#best?.step);
    return this.#evals.length - 1 - best >= patience;
  }

  async #restore({ progress, adapter, optimizer, best }: TrainingState): Promise<void> {
    const { engine } = this.options;
    await engine.setAdapter(adapter);
    await engine.setOptimizer(optimizer);
    const { step: steps, epoch, tokens, supervised } = progress;
    this.#done = { steps, epoch, tokens, supervised };
    this.#seconds = progress.seconds;
    const { lossFirst: first, lossLast: last } = progress;
    this.#losses = { first, last };
    this.#skipped = progress.skipped;
    this.#good = { learned: steps > progress.skipped, first, last };
    this.#evals = [...progress.evals];
    this.#best = progress.best && { ...progress.best, adapter: best ?? adapter };
  }

  async #save(): Promise<void> {
    const { checkpoint, engine, objective } = this.options;
    if (!checkpoint) return;
    this.#state('saving');
    const { steps, epoch, tokens, supervised } = this.#done;
    this.#saved = steps;
    const best = this.#best;
    await checkpoint.write({
      progress: {
        step: steps,
        epoch,
        tokens,
        supervised,
        seconds: this.#seconds,
        lossFirst: this.#losses.first,
        lossLast: this.#losses.last,
        skipped: this.#skipped,
        evals: this.#evals,
        best: best && { step: best.step, loss: best.loss },
      },
      adapter: await engine.getAdapter(),
      optimizer: await engine.getOptimizer(),
      best: best && best.step !== steps ? best.adapter : null,
      reference: objective.hasReference
        ? { adapter: this.#reference.adapter, sums: new Map(this.#reference.kept) }
        : null,
    });
    if (this.#wishes.interrupted) return;
    this.#state('training');
    this.#segment = performance.now();
  }

  async #finish(keep: 'best' | 'last'): Promise<TrainerResult> {
    const { engine } = this.options;
    const { steps } = this.#done;
    this.#wishes.ending = true;
    // Stopped before the first step: there is nothing new to measure, and nothing new to say.
    if (steps === 0 && this.#wishes.stopped) return this.#result(this.#evals.at(-1)?.loss ?? null);
    if (this.#evals.at(-1)?.step !== steps) await this.#measure(steps);
    // Broken off while the last rows were measured.
    if (this.#wishes.interrupted) {
      await this.#save();
      return this.#result(0);
    }
    const last = this.#evals.at(-1);
    let after = last?.step === steps ? last.loss : null;
    const best = keep === 'best' && this.#best?.step !== steps ? this.#best : null;
    // Where the end was not measured, what was trained is not worth less than the untrained start.
    if (best && (after !== null || best.step > 0)) {
      await engine.setAdapter(best.adapter);
      after = best.loss;
    }
    await this.#sample(steps);
    return this.#result(after);
  }

  /** `lossAfter` null: the adapter that is kept was not measured. */
  #result(lossAfter: number | null): TrainerResult {
    const { heldOut } = this.options;
    const { steps } = this.#done;
    return {
      steps,
      epochs: this.#done.epoch,
      tokens: this.#done.tokens,
      supervisedTokens: this.#done.supervised,
      seconds: this.#seconds,
      lossFirst: this.#losses.first,
      lossLast: this.#losses.last,
      eval:
        heldOut && this.#evals.length > 0 && lossAfter !== null
          ? {
              rows: heldOut.rows.length,
              loss_before: this.#evals[0].loss,
              loss_after: lossAfter,
              best_step: this.#best?.step ?? null,
            }
          : null,
      figures: this.#figures,
      stopped: this.#wishes.stopped && steps < this.totalSteps,
      interrupted: this.#wishes.interrupted,
    };
  }

  #state(state: 'training' | 'paused' | 'evaluating' | 'saving'): void {
    this.options.emit({ type: 'state', state, detail: '' });
  }

  async #wait(): Promise<void> {
    await this.#drain();
    // People pause before they close the lid.
    if (this.#done.steps > this.#saved) await this.#save();
    // In a pause one comes from training alone, whatever was under way.
    this.#state('training');
    this.#state('paused');
    await this.#wishes.resumed;
    this.#state('training');
    this.#segment = performance.now();
  }

  /** Puts one optimizer step on the device. */
  async #submit(step: number): Promise<void> {
    const { settings, engine, objective } = this.options;
    const { epoch, micro } = await this.#batches.of(step);
    const supervised = supervisedCount(micro.map(({ batch }) => batch));
    // Passes without gradient see the adapter after the update of the step before.
    const work = await weighed(engine, objective, micro, { reference: this.#reference });
    const lr = learningRate(settings, step, this.totalSteps);
    const nothing = { loss: Number.NaN, gradNorm: Number.NaN, applied: false };
    const update = {
      learningRate: lr,
      ...ADAMW,
      weightDecay: settings.weightDecay,
      clip: settings.clip,
    };
    // Without a target there is no gradient, and the moments alone must not move the adapter.
    const result =
      supervised > 0 ? engine.step(work.batches, step, update, work.divisor) : Promise.resolve(nothing);
    // A rejection is met in `#settle`, perhaps later than it happens.
    result.catch(() => undefined);
    this.#pending.push({ step, epoch, lr, micro, work, supervised, result });
  }

  /** Waits for the oldest step and reports it. */
  async #settle(): Promise<void> {
    const { step, epoch, lr, micro, work, supervised, result } = this.#pending.shift()!;
    const { batches } = work;
    const { loss: computed, gradNorm, applied, parts } = await result;
    const figures = parts ? (this.options.objective.figuresOf?.(parts) ?? {}) : work.figures;
    const loss = work.loss ?? computed;
    const now = performance.now();
    const seconds = (now - this.#segment) / 1000;
    this.#segment = now;
    this.#seconds += seconds;
    const tokens = batches.reduce((sum, batch) => sum + batch.lengths.reduce((a, b) => a + b, 0), 0);
    if (applied) {
      this.#skipped = 0;
      this.#good = { learned: true, first: this.#good.first ?? loss, last: loss };
    } else if (supervised > 0) await this.#skip(step, batches);
    else
      this.options.emit({
        type: 'warning',
        text: `Step ${step}: none of its rows could be used, so nothing was learned from it.`,
      });
    this.#done = {
      steps: step,
      epoch,
      tokens: this.#done.tokens + tokens,
      supervised: this.#done.supervised + supervised,
    };
    if (supervised > 0) {
      this.#losses.first ??= loss;
      this.#losses.last = loss;
      if (Object.keys(figures).length > 0) this.#figures = figures;
    }
    const event: StepEvent = {
      type: 'step',
      step,
      steps: this.totalSteps,
      epoch,
      loss,
      gradNorm,
      learningRate: lr,
      tokens,
      supervisedTokens: supervised,
      figures,
      seconds,
      tokensPerSecond: this.#done.tokens / this.#seconds,
      secondsLeft: ((this.totalSteps - step) * this.#seconds) / step,
    };
    if (this.options.trace) Object.assign(event, traceOf(micro));
    this.options.emit(event);
  }

  async #skip(step: number, batches: readonly Batch[]): Promise<void> {
    if (++this.#skipped >= SKIPPED)
      throw await whyNotANumber(this.options.engine, { step, steps: SKIPPED, batches, ...this.#good });
    this.options.emit({
      type: 'warning',
      text: `Step ${step}: loss or gradient was not a number; this update was skipped.`,
    });
  }

  async #drain(): Promise<void> {
    while (this.#pending.length > 0) await this.#settle();
  }

  /** Held-out loss; keeps the adapter where it is the best so far. */
  async #measure(step: number): Promise<void> {
    const { heldOut, engine, settings, objective, emit } = this.options;
    if (!heldOut) return;
    let measured: HeldOutLoss;
    do {
      // A pause breaks it off, and it begins anew: nobody waits for rows before the run stands still.
      if (!(await this.#wishes.ready())) return;
      this.#state('evaluating');
      measured = await heldOutLoss(engine, {
        ...heldOut,
        settings,
        objective: objective.heldOut ?? objective,
        strength: 1,
        reference: this.#heldOutReference,
        until: () => !this.#wishes.goesOn(),
      });
    } while (!measured.whole && !this.#wishes.ended());
    const { loss, count, whole } = measured;
    // Rows that turn out unusable when they are near may leave nothing to measure.
    if (!whole || count === 0) return;
    this.#evals.push({ step, loss });
    emit({ type: 'eval', step, loss, rows: heldOut.rows.length });
    // A loss that is not a number is never the best.
    if (!(loss < (this.#best?.loss ?? Number.POSITIVE_INFINITY))) return;
    this.#best = { step, loss, adapter: await engine.getAdapter() };
  }

  async #sample(step: number): Promise<void> {
    const { engine, emit } = this.options;
    if (await this.#wishes.ready()) await this.options.sample(step, this.#wishes);
    const moved = step > 0 ? await movedParts(engine, this.options.moved) : null;
    if (moved)
      emit({
        type: 'movement',
        step,
        modules: moved.map(({ layer, target }) => ({ layer, target })),
        values: moved.map(({ value }) => value),
      });
    emit({ type: 'memory', memory: engine.memory() });
  }
}
