import { openBundled } from './bundled.ts';
import { type FolderFile, openFolder } from './folder.ts';
import { openGguf } from './gguf/source.ts';
import { type DownloadProgress, openHub } from './hub.ts';
import type { ModelSource } from './source.ts';

/** Where a base model is to come from. */
export type ModelRef =
  | { kind: 'bundled'; baseUrl: string }
  | { kind: 'folder'; files: readonly (File | FolderFile)[] }
  | { kind: 'gguf'; file: File }
  | { kind: 'hub'; id: string; revision?: string; token?: string; endpoint?: string };

/** Opens a model; a hub's files are brought into the cache, else no weight is read yet. @throws UserError */
export async function openModel(
  ref: ModelRef,
  progress: DownloadProgress = () => {},
  signal?: AbortSignal,
): Promise<ModelSource> {
  switch (ref.kind) {
    case 'bundled':
      return openBundled(ref.baseUrl);
    case 'folder':
      return openFolder(ref.files);
    case 'gguf':
      return openGguf(ref.file);
    case 'hub':
      return openHub(ref, progress, undefined, signal);
  }
}
