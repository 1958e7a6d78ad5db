import type { ModelChoice } from '../../worker/api/api.ts';
import { parseHubName } from '../shared/hub-name.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import { requests } from '../state/requests.ts';
import { getApp, setApp } from '../state/store.ts';
import { progressInto } from './progress.ts';

/** The second model, which the objective distil learns from. */

const openings = requests();

const NOT_A_NAME: PageError = {
  code: 'bad-hub-id',
  text: 'This is not the name of a model on the hub; names look like HuggingFaceTB/SmolLM2-360M-Instruct. Open a folder or a GGUF file instead.',
};

export async function openTeacher(choice: ModelChoice): Promise<void> {
  const opening = openings.begin();
  setApp({ teacherError: null, teacherWork: { what: 'Opening the teacher', done: 0, total: null } });
  try {
    const hear = progressInto((teacherWork) => setApp({ teacherWork }));
    const teacher = await opening.events(hear, (api, listener) => api.openTeacher(choice, [], listener));
    if (opening.latest) setApp({ teacher, teacherWork: null });
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
  const input = document.createElement('input');
  input.type = 'file';
  if (kind === 'folder') input.webkitdirectory = true;
  else input.accept = '.gguf';
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    if (files.length === 0) return;
    void openTeacher(
      kind === 'gguf'
        ? { kind, file: files[0] }
        : { kind, files: files.map((file) => ({ path: file.webkitRelativePath || file.name, blob: file })) },
    );
  });
  input.click();
}
