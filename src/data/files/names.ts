/** Names of files that rows are kept in, for whoever does not read them. */

export const ROW_FILES = /\.(jsonl?|ndjson|csv|tsv|tab|txt|text|md|markdown|parquet)(\.gz)?$/i;

/** What several files are called. */
export function nameOfFiles(files: readonly { readonly name?: string }[]): string {
  const [first] = files;
  return files.length <= 1 ? (first?.name ?? '') : `${first.name} and ${files.length - 1} more`;
}
