import type { Engine } from '../../engine/engine.ts';
import { UserError } from '../../errors.ts';
import { methodOf } from '../../methods/list.ts';
import { startedAdapter, trainableParameters } from '../../methods/parameters.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import {
  differences,
  type RunIdentity,
  readCheckpoint,
  stateFor,
  writeCheckpoint,
} from '../../run/checkpoint.ts';
import type { RunEvent } from '../../run/events.ts';
import type { RunMetrics, TeacherMeasure } from '../../run/record.ts';
import { RunMachine } from '../../run/run-state.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { Trainer, type TrainerResult } from '../../run/trainer.ts';
import type { Estimate, RunSummary, SaveCheckpoint, TrainRequest } from '../api/api.ts';
import { type Keeper, keeperFor } from '../storage/keeper.ts';
import { forgetRun, savedEvents } from '../storage/run-store.ts';
import type { Answers } from './answers.ts';
import { beginAfresh, computedStart, observedStart } from './begin-run.ts';
import { begunWith } from './begun-with.ts';
import { countedRows } from './counted-rows.ts';
import { deviceWasLost, lostAgain } from './device-lost.ts';
import type { EngineNeed } from './engine-need.ts';
import { estimateRun } from './estimate.ts';
import { recordOf } from './exports.ts';
import { askTeacher, hasRead, measureByTeacher, readingWishes, taughtRows } from './learn.ts';
import { identityOfRequest, planRun, type RunPlan } from './run-plan.ts';
import { answerPrompts } from './run-samples.ts';
import type { Shelf } from './shelf.ts';
import { startBase } from './start-base.ts';
import { type Listener, needRows, type Workspace } from './workspace.ts';

/** Steps between checkpoints where the settings name none. */
const CHECKPOINT_STEPS = 25;

interface OneRun extends RunPlan {
  keeper: Keeper;
  /** Prompts to which the base's own answer was told. */
  asked: Set<string>;
  emit: Listener;
  /** The run's warnings are collected by `emit`; those of the engine host are its own. */
  listener: Listener;
}

interface Outcome {
  engine: Engine;
  teacher: TeacherMeasure | null;
  result: TrainerResult;
  adapter: AdapterWeights;
  begun: AdapterWeights | null;
}

/** The part of a run that is under way. */
type Wanted = Pick<Trainer, 'pause' | 'resume' | 'stop' | 'interrupt'>;

/** Training runs, one at a time. */
export class Runs {
  readonly #machine = new RunMachine();
  #running = false;
  /** What is asked of the run goes to. */
  #trainer: Wanted | null = null;
  #asked = { pause: false, stop: false, interrupt: false };
  #secondsPerToken: number | null = null;
  /** The newest checkpoint of the run, to go back to when the device is lost. */
  #last: Uint8Array | null = null;

  constructor(
    readonly workspace: Workspace,
    readonly answers: Answers,
    readonly shelf: Shelf,
  ) {}

  get training(): boolean {
    return this.#running;
  }

  /** Another model: what was measured on the one before says nothing. */
  forget(): void {
    this.#secondsPerToken = null;
  }

  /** @throws UserError `busy` while another run is going */
  async train(request: TrainRequest, listener: Listener, save?: SaveCheckpoint): Promise<RunSummary> {
    if (this.#running)
      throw new UserError('busy', 'A run is already in progress and continues. Stop it, then start another.');
    const { report } = this.workspace.dataset('train');
    needRows(report);
    this.#running = true;
    const told = [...this.workspace.model.info.notes, ...report.warnings];
    const warnings = [...told];
    const emit: Listener = (event) => {
      if (event.type === 'warning') warnings.push(event.text);
      if (event.type === 'state') this.#machine.to(event.state, event.detail, listener);
      else listener(event);
    };
    try {
      for (const text of told) listener({ type: 'warning', text });
      return await this.#train(request, { emit, listener, save, warnings });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      emit({ type: 'state', state: 'failed', detail });
      throw error;
    } finally {
      this.#running = false;
    }
  }

  async #train(
    request: TrainRequest,
    {
      emit,
      listener,
      save,
      warnings,
    }: Pick<OneRun, 'emit' | 'listener'> & {
      save?: SaveCheckpoint;
      warnings: readonly string[];
    },
  ): Promise<RunSummary> {
    const { workspace } = this;
    const { host, info } = workspace.model;
    this.#asked = { pause: false, stop: false, interrupt: false };
    this.#last = null;
    emit({ type: 'state', state: 'loading', detail: 'Loading the model' });
    const plan = await planRun(workspace, request, emit, (lora, given) =>
      this.answers.inTurn(() => observedStart(workspace, lora, given, this.#watch(emit))),
    );
    const { report } = plan.dataset;
    const { settings, adapterSettings, heldOut, need, date } = plan;
    if (request.evalData)
      for (const text of heldOut?.dataset.report.warnings ?? [])
        emit({ type: 'warning', text: `Held-out rows: ${text}` });
    const id = this.shelf.beginRun(need, date, request.aside);
    emit({ type: 'adapter', id });
    const keeper = await keeperFor(
      workspace,
      { ...request, settings },
      save,
      () => this.#asked.interrupt,
      emit,
    );
    const asked = new Set<string>();
    const telling: Listener = (event) => {
      if (event.type === 'sample' && event.step === 0 && event.done) asked.add(event.prompt);
      keeper.hear(event);
      emit(event);
    };
    // What the page has forgotten with its reload; the journal has it already.
    if (plan.from && request.resume === 'saved')
      for (const event of await savedEvents(plan.from.progress.step)) {
        if (event.type === 'sample' && event.step === 0) asked.add(event.prompt);
        emit(event);
      }
    const { engine, result, adapter, begun, teacher } = await this.#carryOut({
      ...plan,
      keeper,
      asked,
      emit: telling,
      listener,
    }).catch((error) => {
      this.shelf.remove(id);
      throw error;
    });
    const metrics: RunMetrics = {
      steps: result.steps,
      epochs: result.epochs,
      tokens: result.tokens,
      supervised_tokens: result.supervisedTokens,
      seconds: result.seconds,
      tokens_per_second: result.seconds > 0 ? result.tokens / result.seconds : 0,
      loss_first: result.lossFirst,
      loss_last: result.lossLast,
      eval: result.eval,
      trainable_parameters: trainableParameters(engine.modules, adapterSettings),
      ...(teacher && { teacher }),
    };
    const engineInfo = engine.info();
    const record = recordOf(workspace, {
      ...{ settings, adapterSettings, metrics, report, engine: engineInfo, date },
      heldOut: heldOut?.rows.length ?? 0,
      trained: plan.rows.length,
    });
    this.shelf.endRun(id, adapter, record, begun);
    if (result.tokens > 0 && !request.aside) this.#secondsPerToken = result.seconds / result.tokens;
    if (request.keepAs !== undefined && !result.interrupted) await forgetRun();
    emit({ type: 'state', state: 'finished', detail: result.stopped ? 'Stopped' : '' });
    return {
      ...metrics,
      adapter: id,
      method: settings.method,
      objective: plan.objective.name,
      metrics: result.figures,
      parameters: info.parameters,
      rows: countedRows(report, plan.teacher?.refused ?? []),
      memory: engine.memory(),
      dispatches_per_step: engineInfo.dispatchesPerStep,
      submits_per_step: engineInfo.submitsPerStep,
      device: engineInfo.device,
      gpu: engineInfo.gpu,
      kernels: engineInfo.kernels,
      warnings: [...host.warnings, ...warnings],
      stopped: result.stopped,
      interrupted: result.interrupted,
    };
  }

  /** The run to its end. Where the device is lost it goes back to the last checkpoint by itself, once from each. */
  async #carryOut(run: OneRun): Promise<Outcome> {
    const { host } = this.workspace.model;
    const { emit } = run;
    for (let lostAt = -1; ; ) {
      const { losses } = host;
      const attempt = { live: true };
      try {
        return await host.unlessLost(this.#attempt(run, attempt));
      } catch (error) {
        // What still comes of this attempt is of no run any more.
        attempt.live = false;
        this.#trainer?.stop();
        if (!(await deviceWasLost(host, losses, run.need.device, error))) throw error;
        emit({ type: 'state', state: 'lost', detail: 'The graphics card was lost' });
        if (this.#last) run.from = await readCheckpoint(this.#last, 'the last checkpoint');
        const step = run.from?.progress.step ?? 0;
        if (step <= lostAt) throw new UserError('device-lost', lostAgain(step));
        lostAt = step;
        if (run.from) run.need.kernels = run.from.identity.kernels;
        emit({
          type: 'state',
          state: 'recovering',
          detail: `The graphics card was lost; going back to step ${step}`,
        });
        emit({
          type: 'warning',
          text: `The graphics card was lost. The run went back to step ${step} and continues.`,
        });
      } finally {
        this.#trainer = null;
      }
    }
  }

  /** The run on one engine, from a checkpoint or from its beginning. */
  async #attempt(run: OneRun, attempt: { live: boolean }): Promise<Outcome> {
    const { request, settings, adapterSettings, identity, keeper, from, need } = run;
    const { host } = this.workspace.model;
    const emit: Listener = (event) => {
      if (attempt.live) run.emit(event);
    };
    // No answer may still be under way on an engine that is taken away.
    this.answers.cancel();
    if (!from && 'start' in adapterSettings)
      run.begun ??= await computedStart(this.workspace, run, this.#watch(emit));
    const open = async (wanted: EngineNeed) => {
      const engine = await this.answers.inTurn(() =>
        host.ensure(wanted, (event) => (event.type === 'warning' ? run.listener(event) : emit(event))),
      );
      this.shelf.inPlace.delete(engine);
      return engine;
    };
    if (run.teacher && !hasRead(run.teacher)) {
      const wishes = readingWishes(emit);
      this.#tell(wishes);
      const free = () => this.answers.inTurn(() => host.dispose());
      run.teacher.kernels = await askTeacher(run.teacher, need, { own: open, free, wishes, emit });
    }
    const engine = await open(need);
    const resume = from ? stateFor(from, engine.modules, adapterSettings) : undefined;
    if (!resume) {
      const base = startBase(this.workspace, settings.baseDtype, engine);
      run.begun ??= await startedAdapter(base, engine.modules, adapterSettings, settings.seed);
      await beginAfresh(engine, adapterSettings, run.begun);
    }
    const device = deviceName(engine);
    if (from && from.identity.device !== device)
      emit({
        type: 'warning',
        text: `The run was started on ${from.identity.device} and continues on ${device}: the numbers may differ in their last digits.`,
      });
    const begun = await begunWith(this.workspace, run, engine);
    const { moved } = methodOf(adapterSettings);
    const { dataset, heldOut } = taughtRows(run);
    const trainer = new Trainer({
      engine,
      dataset,
      rows: run.rows,
      heldOut,
      settings,
      objective: run.objective,
      reference: run.objective.hasReference ? run.brought : null,
      moved: moved && ((weights) => moved(weights, begun, engine.config)),
      trace: request.trace,
      sampleEvery: request.prompts.length > 0 ? request.sampleEvery : null,
      sample: (step, watch) => answerPrompts(this.answers, engine, run, { step, watch, emit }),
      resume,
      checkpoint: {
        every: settings.checkpointEvery ?? CHECKPOINT_STEPS,
        write: async (state) => {
          if (!attempt.live) return;
          const file = writeCheckpoint(
            { ...identity, kernels: { ...run.teacher?.kernels, ...engine.info().kernels }, device },
            state,
          );
          this.#last = file;
          await keeper.keep(state.progress.step, file);
        },
      },
      emit: (event) => {
        if (attempt.live && !request.aside) this.#hear(event, engine);
        emit(event);
      },
    });
    this.#tell(trainer);
    const result = await trainer.run();
    const adapter = await engine.getAdapter();
    // Stopped before its first step, or to go on later: there is nothing to compare.
    const nothing = result.interrupted || (result.stopped && result.steps === 0);
    if (!run.teacher || nothing) return { engine, result, adapter, begun, teacher: null };
    emit({ type: 'state', state: 'evaluating', detail: 'Comparing with the teacher' });
    const what = 'Comparing with the teacher';
    const progress = (done: number, total: number) => emit({ type: 'progress', what, done, total });
    const taught = { ...run, dataset, heldOut };
    return {
      ...{ engine, result, adapter, begun },
      teacher: await measureByTeacher(engine, taught, run.teacher, progress),
    };
  }

  /** What was asked of the run before there was anything to ask it of. */
  #tell(running: Wanted): void {
    this.#trainer = running;
    if (this.#asked.interrupt) running.interrupt();
    else if (this.#asked.stop) running.stop();
    else if (this.#asked.pause) running.pause();
  }

  #watch(emit: Listener) {
    return { emit, stopped: () => this.#asked.stop || this.#asked.interrupt };
  }

  /** Wherever the run stands still to measure or to answer, the adapter is kept as it is. */
  #hear(event: RunEvent, engine: Engine): void {
    const stands =
      event.type === 'eval' ||
      event.type === 'movement' ||
      (event.type === 'sample' && event.done && event.step > 0);
    if (!stands) return;
    // The first report of a step counts: after the last one the trainer puts the best adapter in place.
    if (this.shelf.has(event.step)) return;
    // Asked for at once, so that it comes before the next step in the engine's queue.
    void engine.getAdapter().then(
      (weights) => this.shelf.snapshot(event.step, weights),
      () => undefined,
    );
  }

  pause(): void {
    this.#asked.pause = true;
    this.#trainer?.pause();
  }

  resume(): void {
    this.#asked.pause = false;
    this.#trainer?.resume();
  }

  /** Ends the run with a checkpoint. @returns false where none is under way */
  interrupt(): boolean {
    this.#asked.interrupt = true;
    this.#trainer?.interrupt();
    return this.#trainer !== null;
  }

  stop(): void {
    this.#asked.stop = true;
    this.#trainer?.stop();
  }

  identity(request: TrainRequest): Promise<RunIdentity> {
    return identityOfRequest(this.workspace, request);
  }

  async differences(request: TrainRequest, of: RunIdentity): Promise<string[]> {
    return differences(await this.identity(request), of);
  }

  estimate(settings: RunSettings): Promise<Estimate> {
    return estimateRun(this.workspace, settings, this.#secondsPerToken);
  }
}

/** For people, and to see whether a run goes on where it began. */
function deviceName(engine: Engine): string {
  const { device, gpu } = engine.info();
  return gpu ? [gpu.vendor, gpu.architecture, gpu.description].filter(Boolean).join(' ') : device;
}
