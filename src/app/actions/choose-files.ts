import { askFiles } from './ask-files.ts';
import { openFiles, templateText } from './open-files.ts';

/** Id of the page's one file field, `Dataset`; every "choose a file" button opens it. */
export const DATASET_FIELD = 'dataset-file';

export function chooseDataset(): void {
  document.querySelector<HTMLInputElement>(`#${DATASET_FIELD}`)?.click();
}

/** Asks for a model's folder. */
export function chooseFolder(): void {
  askFiles(null, (files) => void openFiles(files));
}

/** Asks for a chat template; `use` gets its text. */
export function chooseTemplateFile(use: (text: string) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = '.jinja,.jinja2,.j2,.txt';
  input.addEventListener('change', async () => {
    const [file] = input.files ?? [];
    const text = file ? await templateText(file) : null;
    if (text !== null) use(text);
  });
  input.click();
}

/** Asks for files with one of these endings; `use` gets them where any were chosen. */
export function pickFiles(accept: string, multiple: boolean, use: (files: File[]) => void): void {
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', accept, multiple });
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    if (files.length > 0) use(files);
  });
  input.click();
}

/** Asks for one file, or for several, with one of these endings. */
export function chooseFile(accept: string, { multiple = false } = {}): void {
  askFiles(accept, (files) => void openFiles(files), { multiple });
}
