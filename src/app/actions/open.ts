import { UserError } from '../../errors.ts';
import type { DeviceChoice, ModelChoice, ModelInfo } from '../../worker/api/api.ts';
import { notOpened, type PageError, pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { useHistory } from '../state/history.ts';
import { requests } from '../state/requests.ts';
import { useShelf } from '../state/shelf.ts';
import { getApp, isTaken, setApp, takenBy } from '../state/store.ts';
import { NO_THEN, useThen } from '../state/then.ts';
import { refreshEstimate } from './estimate.ts';
import { readAgain } from './open-data.ts';
import { dropBaseAnswers } from './preview.ts';
import { progressInto } from './progress.ts';
import { clearRun } from './run.ts';
import { writeHash } from './settings.ts';

const openings = requests();
/** The person wants no more of the model that is being opened. */
let pauseAsked = false;

export async function openDevice(device: DeviceChoice): Promise<void> {
  setApp({ device });
  const api = await worker();
  const { matrices, threads } = getApp();
  setApp({ hardware: await api.hardware(device, { matrices, threads }) });
}

/** What the worker has open: a download that is paused or refused leaves it as it is. */
let opened: { model: ModelInfo; choice: ModelChoice } | null = null;

/** An adapter belongs to its model: one that lies nowhere else, of a run or merged, must not go with it unasked. */
function wouldLoseAdapter(): PageError | null {
  const { run, adapter } = getApp();
  const { runs, current } = useHistory.getState();
  const kept = runs.find(({ id }) => id === current)?.adapterBytes ?? 0;
  if (run.state === 'finished' && run.step > 0 && kept === 0)
    return wouldLose('The adapter of this run', 'press New run');
  return adapter?.merged ? wouldLose('The merged adapter', 'remove it from the set-up') : null;
}

function wouldLose(what: string, then: string): PageError {
  return {
    code: 'busy',
    title: 'The other model was not opened.',
    text: `${what} belongs to the model that is open and is stored nowhere else. Nothing was changed. Download it if you want to keep it, ${then}, then open the other model.`,
  };
}

function measured(): PageError | null {
  if (!getApp().underWay) return null;
  const text = `A ${takenBy(getApp())} is using the model. Nothing was changed: stop it, then open the other model.`;
  return { code: 'busy', title: 'The other model was not opened.', text };
}

/**
 * Opens the model, then the data again, since its tokens are the model's. A chat template that was chosen before stays
 * with models that bring none; the result of a run is put away with its model.
 */
export async function openModel(given: ModelChoice): Promise<void> {
  const modelError = measured() ?? wouldLoseAdapter();
  if (modelError) {
    setApp({ modelError });
    return;
  }
  const opening = openings.begin();
  pauseAsked = false;
  const { chatTemplate } = getApp().modelChoice;
  let choice = given;
  setApp({
    modelChoice: choice,
    model: null,
    modelError: null,
    modelPaused: null,
    modelWork: { what: 'Opening the model', done: 0, total: null },
    estimate: null,
    baseAnswers: {},
  });
  try {
    if (!getApp().hardware) await openDevice(getApp().device);
    await dropBaseAnswers();
    // Until here the worker had nothing to pause.
    if (pauseAsked) throw new UserError('hub-paused', 'Opening the model was cancelled.');
    const hear = progressInto((modelWork) => setApp({ modelWork }));
    let model = await opening.events(
      hear,
      (api, listener) => api.openModel(choice, listener),
      () => setApp(({ modelWork }) => ({ modelWork: modelWork && { ...modelWork, long: true } })),
    );
    if (chatTemplate !== undefined && choice.chatTemplate === undefined && !model.template.own) {
      choice = { ...choice, chatTemplate };
      model = await (await worker()).setChatTemplate(chatTemplate);
    }
    // Answers before a run come from the base as it will be held.
    await (await worker()).setBaseDtype(getApp().settings.baseDtype);
    if (!opening.latest) return;
    opened = { model, choice };
    // An adapter belongs to the model that it was opened on, and so do those that a run kept on its way.
    useThen.setState(NO_THEN);
    useShelf.setState({ named: {} });
    setApp({
      ...{ model, modelChoice: choice, exports: model.exports, modelWork: null, templateError: null },
      ...{ adapter: null, adapterError: null, tuned: null },
    });
    clearRun();
    // It brings a chat template of its own: the one that was chosen before is in the address no longer.
    if (chatTemplate !== undefined && choice.chatTemplate === undefined) writeHash();
    await readAgain();
  } catch (error) {
    if (opening.latest) await afterFailure(given, pageError(error));
  }
}

/** Pauses the download, whether it has begun yet or not; what has arrived is kept until it is resumed. */
export async function pauseDownload(): Promise<void> {
  pauseAsked = true;
  await (await worker()).cancelModel();
}

/** Another chat template for the open model, by name or as Jinja text; null: its own. The data are read again. */
export async function chooseTemplate(choice: string | null): Promise<void> {
  if (!opened || getApp().modelWork || isTaken(getApp())) return;
  const choosing = openings.begin();
  setApp({ templateError: null });
  try {
    await dropBaseAnswers();
    const model = await (await worker()).setChatTemplate(choice);
    if (!choosing.latest) return;
    const { chatTemplate: _, ...rest } = opened.choice;
    const modelChoice = { ...rest, ...(choice !== null && { chatTemplate: choice }) };
    opened = { model, choice: modelChoice };
    setApp({ model, modelChoice, baseAnswers: {} });
    writeHash();
    await readAgain();
  } catch (error) {
    if (choosing.latest) setApp({ templateError: pageError(error) });
  }
}

/** What could not be opened changed nothing: the model before it is open still. */
async function afterFailure(choice: ModelChoice, error: PageError): Promise<void> {
  const { modelWork: work, dataPending } = getApp();
  const paused = error.code === 'hub-paused' && work ? { choice, work } : null;
  const before = opened;
  setApp({
    modelError: paused ? null : notOpened(nameOf(choice), error, before?.model.name ?? null),
    modelFailed: choice,
    modelWork: null,
    modelPaused: paused,
    // Data wait for a model no longer, where none is coming.
    ...(before ? { model: before.model, modelChoice: before.choice } : { dataWork: null }),
  });
  if (!before) return;
  if (dataPending) await readAgain();
  else await refreshEstimate();
}

function nameOf(choice: ModelChoice): string {
  switch (choice.kind) {
    case 'bundled':
      return 'The bundled model';
    case 'hub':
      return choice.id;
    case 'gguf':
      return choice.file.name;
    case 'folder': {
      const [folder, ...below] = choice.files[0].path.split('/');
      return below.length > 0 ? folder : 'The model';
    }
  }
}
