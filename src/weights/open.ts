import { UserError } from '../errors.ts';
import { openBundled } from './bundled.ts';
import { type FolderFile, openFolder } from './folder.ts';
import { openGguf } from './gguf.ts';
import type { ModelSource } from './source.ts';

/** Where a base model is to come from. */
export type ModelRef =
  | { kind: 'bundled'; baseUrl: string }
  | { kind: 'folder'; files: readonly (File | FolderFile)[] }
  | { kind: 'gguf'; file: File }
  | { kind: 'hub'; id: string; revision?: string; token?: string; endpoint?: string };

/** Opens a model ; no weight is read yet. @throws UserError */
export async function openModel(ref: ModelRef): Promise<ModelSource> {
  switch (ref.kind) {
    case 'bundled':
      return openBundled(ref.baseUrl);
    case 'folder':
      return openFolder(ref.files);
    case 'gguf':
      return openGguf(ref.file);
    case 'hub':
      throw new UserError(
        'not-supported',
        'Models cannot be fetched from the hub yet. Download the model and drop its folder.',
      );
  }
}
