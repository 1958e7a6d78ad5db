import type { NamedFile } from '../../files/named-file.ts';
import type { ModelChoice } from '../../worker/api/api.ts';
import { parseHubName } from '../shared/hub-name.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import { requests } from '../state/requests.ts';
import { getApp, setApp } from '../state/store.ts';
import { adapterAmong, adapterBytes, type Dropped, nameOf } from './adapter.ts';
import { askFiles } from './ask-files.ts';
import { refreshEstimate } from './estimate.ts';
import { progressInto } from './progress.ts';

/** The second model, which the objective distil learns from, and the adapter on it where it has one. */

const openings = requests();

/** How the teacher that is open was chosen: with an adapter, or without it, it is opened again. */
let chosen: ModelChoice | null = null;

const NOT_A_NAME: PageError = {
  code: 'bad-hub-id',
  text: 'This is not the name of a model on the hub; names look like HuggingFaceTB/SmolLM2-360M-Instruct. Open a folder or a GGUF file instead.',
};
const NO_ADAPTER: PageError = {
  code: 'no-peft-adapter',
  text: 'There is no adapter_config.json among these files, so they are no adapter. The teacher is as it was. Choose the folder of an adapter, or its zip.',
};

export async function openTeacher(
  choice: ModelChoice,
  adapter: { name: string; files: NamedFile[] } | null = null,
): Promise<void> {
  const opening = openings.begin();
  setApp({ teacherError: null, teacherWork: { what: 'Opening the teacher', done: 0, total: null } });
  try {
    const hear = progressInto((teacherWork) => setApp({ teacherWork }));
    const teacher = await opening.events(hear, (api, listener) =>
      api.openTeacher(choice, adapter?.files ?? [], listener),
    );
    if (!opening.latest) return;
    chosen = choice;
    setApp({ teacher, teacherAdapter: adapter?.name ?? null, teacherWork: null });
    await refreshEstimate();
  } catch (error) {
    // The one that was open before stays so.
    if (opening.latest) setApp({ teacherWork: null, teacherError: pageError(error) });
  }
}

/** Fetches a teacher by its name on the hub, with the token that was pasted for models, if any. */
export async function openTeacherFromHub(text: string): Promise<void> {
  const name = parseHubName(text);
  if (!name) {
    setApp({ teacherError: NOT_A_NAME });
    return;
  }
  const token = getApp().hub.token.trim();
  const { id, revision } = name;
  await openTeacher({ kind: 'hub', id, ...(revision && { revision }), ...(token && { token }) });
}

/** Asks for a teacher's folder, or for its GGUF file. */
export function chooseTeacher(kind: 'folder' | 'gguf'): void {
  askFiles(kind === 'folder' ? null : '.gguf', (files) => {
    void openTeacher(
      kind === 'gguf'
        ? { kind, file: files[0].file }
        : { kind, files: files.map(({ path, file }) => ({ path, blob: file })) },
    );
  });
}

/** Asks for an adapter on the teacher: its folder, or its zip. */
export function chooseTeacherAdapter(kind: 'folder' | 'zip'): void {
  askFiles(kind === 'folder' ? null : '.zip', (files) => void openTeacherAdapter(files));
}

/** The teacher that is open, with this adapter on it. */
export async function openTeacherAdapter(dropped: readonly Dropped[]): Promise<void> {
  if (!chosen) return;
  const among = adapterAmong(dropped);
  if (!among) {
    setApp({ teacherError: NO_ADAPTER });
    return;
  }
  await openTeacher(chosen, { name: nameOf(among), files: await adapterBytes(among) });
}

export async function removeTeacherAdapter(): Promise<void> {
  if (chosen) await openTeacher(chosen);
}
