/**
 * Asks for files by a field made for the purpose, so that `Dataset` stays the only one on the page. `use` gets them with
 * their paths, where any were chosen.
 *
 * @param accept ending of one file; null: a folder
 */
export function askFiles(
  accept: string | null,
  use: (files: { path: string; file: File }[]) => void,
  { multiple = false } = {},
): void {
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', multiple });
  if (accept === null) input.webkitdirectory = true;
  else input.accept = accept;
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])].map((file) => ({
      path: file.webkitRelativePath || file.name,
      file,
    }));
    if (files.length > 0) use(files);
  });
  input.click();
}
