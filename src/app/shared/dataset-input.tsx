import { openFiles } from '../actions/open-files.ts';
import css from './shared.module.css';

const ID = 'dataset-file';

/** The one file field, on the page from the first screen; every "choose a file" button opens it. */
export function DatasetInput() {
  return (
    <input
      id={ID}
      type="file"
      aria-label="Dataset"
      className={css.hidden}
      tabIndex={-1}
      multiple
      accept=".jsonl,.ndjson,.json,.csv,.tsv,.tab,.txt"
      onChange={(event) => {
        const files = [...(event.currentTarget.files ?? [])];
        // Emptied so that picking the same file again, corrected meanwhile, is a change.
        event.currentTarget.value = '';
        void openFiles(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })));
      }}
    />
  );
}

export function chooseDataset(): void {
  document.querySelector<HTMLInputElement>(`#${ID}`)?.click();
}
