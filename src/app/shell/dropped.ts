/** Files of a drop with their paths; folders are walked. Must be called within the drop event. */
export async function droppedFiles(transfer: DataTransfer): Promise<{ path: string; file: File }[]> {
  const found = await Promise.all(
    [...transfer.items]
      .filter(({ kind }) => kind === 'file')
      .map((item) => {
        const entry = item.webkitGetAsEntry();
        if (entry?.isDirectory) return walk(entry, '');
        // Of the item: an entry gives a file only where the browser can read its path, in WebKit not one of a script.
        const file = item.getAsFile();
        return file ? [{ path: file.name, file }] : [];
      }),
  );
  return found.flat();
}

async function walk(entry: FileSystemEntry, folder: string): Promise<{ path: string; file: File }[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) =>
      (entry as FileSystemFileEntry).file(resolve, reject),
    );
    return [{ path: folder + entry.name, file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const files: { path: string; file: File }[] = [];
  // A reader gives at most 100 entries a call, and none at the end.
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (entries.length === 0) return files;
    files.push(...(await Promise.all(entries.map((child) => walk(child, `${folder}${entry.name}/`)))).flat());
  }
}
