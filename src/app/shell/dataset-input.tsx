import { DATASET_FIELD } from '../actions/choose-files.ts';
import { openFiles } from '../actions/open-files.ts';
import css from '../shared/shared.module.css';

/** The one file field, on the page from the first screen. */
export function DatasetInput() {
  return (
    <input
      id={DATASET_FIELD}
      type="file"
      aria-label="Dataset"
      className={css.hidden}
      tabIndex={-1}
      multiple
      accept=".jsonl,.ndjson,.json,.csv,.tsv,.tab,.txt,.md,.parquet,.gz,.zip"
      onChange={(event) => {
        const files = [...(event.currentTarget.files ?? [])];
        // Emptied so that picking the same file again, corrected meanwhile, is a change.
        event.currentTarget.value = '';
        void openFiles(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })));
      }}
    />
  );
}
