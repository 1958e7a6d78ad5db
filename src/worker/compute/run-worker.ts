import '../../no-eval.ts';
import { expose, transfer } from 'comlink';
import { UserError } from '../../errors.ts';
import { downloadName } from '../../export/format.ts';
import { peft } from '../../export/formats/peft.ts';
import { listDownloads, removeDownload } from '../../weights/hub.ts';
import type { WorkerApi } from '../api/api.ts';
import { guarded } from '../api/errors.ts';
import { eraseData, keepNothing, keptData } from '../storage/at-rest.ts';
import { forgetExperiment, keepExperiment, keptExperiment } from '../storage/experiment-store.ts';
import { keepRun, pastAdapter, pastRuns, removeRun } from '../storage/history-store.ts';
import { forgetRun, savedRun } from '../storage/run-store.ts';
import { checkDevice } from './device-check.ts';
import { distilFigures, makeRowsOf, sift, splitOpenRows } from './distillation.ts';
import { linesOf } from './downloads.ts';
import { foundRows } from './found-rows.ts';
import { ladderFigures } from './ladder.ts';
import { frontierFigures } from './progression.ts';
import { mixReplay } from './replay.ts';
import { Session } from './session.ts';
import { tasksFigures } from './tasks-figures.ts';
import { setAway } from './threads.ts';

/** The worker that owns the GPU. Here only what crosses its border: errors as text, buffers by transfer. */

// The page's folder: this file lies in its `assets/` once built, in `src/worker/` under the development server.
const root = new URL(import.meta.env.DEV ? '/' : '../', import.meta.url).href;
const session = new Session(root);

const { workspace, answers, runs, measures, influences, ladder, tasks, teaching, shelf } = session;

const api: WorkerApi = {
  hardware: guarded((choice, options) => workspace.hardware(choice, options)),
  setAway: guarded(async (away) => setAway(away)),
  openModel: guarded((choice, listener) => session.openModel(choice, listener)),
  openTeacher: guarded((choice, adapter, listener) => session.openTeacher(choice, adapter, listener)),
  setChatTemplate: guarded((choice) => session.setChatTemplate(choice)),
  tryTemplate: guarded((choice, rows, options) => workspace.tryTemplate(choice, rows, options)),
  cancelModel: guarded(() => workspace.cancelModel()),
  openData: guarded((choice, options, role, listener) => workspace.openData(choice, options, role, listener)),
  mixReplay: guarded((request, listener) => mixReplay(workspace, measures, request, listener)),
  cancelData: guarded(() => workspace.cancelData()),
  previewRows: guarded((begin, end) => workspace.dataset('train').preview(begin, end)),
  findRows: guarded((query, begin, end) => foundRows(workspace.dataset('train'), query, begin, end)),
  heldOutLeaks: guarded((settings, most) => workspace.heldOutLeaks(settings, most)),
  dataAsJsonLines: guarded(() => workspace.dataset('train').jsonLines()),
  rowsAsJsonLines: guarded((rows) => workspace.dataset('train').jsonLinesOf(rows)),
  estimate: guarded((settings) => runs.estimate(settings)),
  addAdapter: guarded((files) => session.addAdapter(files)),
  removeAdapter: guarded((id) => shelf.remove(id)),
  holdAdapter: guarded((id) => shelf.hold(id)),
  shelf: guarded(() => session.shelfEntries()),
  virtualTokens: guarded((id, most) => session.virtualTokens(id, most)),
  movedParts: guarded((id) => session.movedParts(id)),
  mergeAdapters: guarded((request, listener) => session.mergeAdapters(request, listener)),
  compareAdapters: guarded((ids, listener) => session.compareAdapters(ids, listener)),
  reduceIntruders: guarded((request, listener) => session.reduceIntruders(request, listener)),
  quantisation: guarded((dtype, listener) => session.quantisation(dtype, listener)),
  setBaseDtype: guarded((dtype) => session.setBaseDtype(dtype)),
  train: guarded((request, listener, save) => runs.train(request, listener, save)),
  identity: guarded((request) => runs.identity(request)),
  differences: guarded((request, of) => runs.differences(request, of)),
  interrupt: guarded(() => runs.interrupt()),
  savedRun: guarded(() => savedRun()),
  forgetSavedRun: guarded(() => forgetRun()),
  pause: guarded(() => runs.pause()),
  resume: guarded(() => runs.resume()),
  stop: guarded(() => runs.stop()),
  generate: guarded((request, onText) => answers.generate(request, onText)),
  cancelGenerate: guarded(() => answers.cancel()),
  promptLogits: guarded((request) => answers.promptLogits(request)),
  evaluate: guarded((adapter, listener) => {
    answers.begin();
    return answers.evaluate(adapter, listener);
  }),
  score: guarded((request, listener) => answers.score(request, listener)),
  heldOutRows: guarded((settings, most) => measures.heldOutRows(settings, most)),
  askRows: guarded((request) => {
    answers.begin();
    return measures.askRows(request);
  }),
  rowLosses: guarded((rows, adapter) => {
    if (runs.training)
      throw new UserError(
        'busy',
        'A run is using the model and continues. The loss of rows is measured once it has ended.',
      );
    return measures.rowLosses(rows, adapter);
  }),
  influence: guarded((request, listener) => influences.of(request, listener)),
  cancelInfluence: guarded(() => influences.cancel()),
  generalLoss: guarded((adapter, begin, end) => measures.generalLoss(adapter, begin, end)),
  prepareLadder: guarded((request, listener) => ladder.prepare(request, listener)),
  measureRung: guarded((name, adapter, listener) => {
    answers.begin();
    return ladder.measure(name, adapter, listener);
  }),
  ladderFigures: guarded((measured) => ladderFigures(measured)),
  keptExperiment: guarded(keptExperiment),
  keepExperiment: guarded(keepExperiment),
  forgetExperiment: guarded(forgetExperiment),
  ladderKinds: guarded((listener) => {
    answers.begin();
    return ladder.kinds(listener);
  }),
  measureApart: guarded((adapters, listener) => {
    answers.begin();
    return ladder.measureApart(adapters, listener);
  }),
  prepareTasks: guarded((request, listener) => tasks.prepare(request, listener)),
  openMixture: guarded((parts, listener) => tasks.openMixture(parts, listener)),
  answerTask: guarded((task, adapter, listener) => {
    answers.begin();
    return tasks.answer(task, adapter, listener);
  }),
  lossOnTraining: guarded((adapter) => {
    answers.begin();
    return tasks.lossOnTraining(adapter);
  }),
  lossElsewhere: guarded((adapter) => tasks.elsewhere(adapter)),
  tasksFigures: guarded(async (request) => tasksFigures(request)),
  questions: guarded((role) => teaching.questions(role)),
  answerQuestions: guarded((request, listener) => {
    answers.begin();
    return teaching.answer(request, listener);
  }),
  inventQuestions: guarded((request, listener) => {
    answers.begin();
    return teaching.invent(request, listener);
  }),
  splitRows: guarded((request) => splitOpenRows(teaching, request)),
  makeRows: guarded((request, listener, onAttempts) => {
    answers.begin();
    return makeRowsOf(teaching, request, listener, onAttempts);
  }),
  siftRows: guarded((request) => sift(request)),
  distilFigures: guarded((request) => distilFigures(request)),
  frontierFigures: guarded((measured) => frontierFigures(measured)),
  makeRoom: guarded(() => session.makeRoom()),
  nextTokens: guarded((request) => measures.nextTokens(request)),
  adapterSteps: guarded((id) => shelf.steps(id)),
  checkDevice: guarded((choice, listener) => {
    if (runs.training)
      throw new UserError(
        'busy',
        'A run is using this device and continues. Check the device once the run has ended.',
      );
    return checkDevice(root, choice, listener);
  }),
  pastRuns: guarded(() => pastRuns()),
  keepRun: guarded(async (run, adapter) => {
    if (adapter === null) return keepRun(run, null);
    const request = { adapter, format: peft.id, dtype: null, target: '.' };
    return keepRun(run, async () => (await session.exportFiles(request)).files);
  }),
  removeRun: guarded((id) => removeRun(id)),
  pastAdapter: guarded(async (id, name) => {
    const blob = await pastAdapter(id);
    return blob && { name: downloadName(peft, null, name), blob };
  }),
  rowLogits: guarded(async (adapter) => {
    const result = await answers.rowLogits(adapter);
    return transfer(result, [result.logits.buffer]);
  }),
  adapterFiles: guarded((id) => session.adapterFiles(id)),
  modelFiles: guarded((dtype) => session.modelFiles(dtype)),
  exportFiles: guarded((request) => session.exportFiles(request)),
  download: guarded((request, listener) => session.download(request, listener)),
  stopWork: guarded(() => session.stopWork()),
  exportLines: guarded((request) => linesOf(workspace, request)),
  exportCard: guarded((request) => session.exportCard(request)),
  keptData: guarded(() => keptData()),
  keepNothing: guarded((nothing) => keepNothing(nothing)),
  eraseData: guarded(() => eraseData()),
  downloads: guarded(() => listDownloads()),
  removeDownload: guarded((key) => removeDownload(key)),
};

expose(api);
