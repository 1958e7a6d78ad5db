import { openFiles } from '../actions/open.ts';

/** Asks for a model's folder. A field made for the purpose, so that `Dataset` stays the page's one file field. */
export function chooseFolder(): void {
  const input = document.createElement('input');
  input.type = 'file';
  input.webkitdirectory = true;
  input.addEventListener('change', () => {
    void openFiles(
      [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })),
    );
  });
  input.click();
}
