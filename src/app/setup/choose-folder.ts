import { openFiles } from '../actions/open-files.ts';

/** Fields made for the purpose, so that `Dataset` stays the page's one file field. */
function choose(change: (input: HTMLInputElement) => void): void {
  const input = document.createElement('input');
  input.type = 'file';
  change(input);
  input.addEventListener('change', () => {
    void openFiles(
      [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })),
    );
  });
  input.click();
}

/** Asks for a model's folder. */
export function chooseFolder(): void {
  choose((input) => {
    input.webkitdirectory = true;
  });
}

/** Asks for one file with one of these endings. */
export function chooseFile(accept: string): void {
  choose((input) => {
    input.accept = accept;
  });
}
