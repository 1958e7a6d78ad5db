import { UserError } from '../errors.ts';
import { openModelFiles } from './folder.ts';
import { bytesReader, type RangeReader } from './range-reader.ts';
import { BUNDLED_BASE, type ModelSource } from './source.ts';

/** Files of the model that ships with the page, in `public/models/tiny/`. */
export const BUNDLED_FILES = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'model.safetensors',
  'README.md',
  'LICENSE',
] as const;

/**
 * Opens the model that ships with the page; its files are fetched once and kept (12 MB at most).
 * @param baseUrl the folder's address, with or without a final slash.
 * @throws UserError `bundled-missing` where a file that the page shipped with cannot be fetched.
 */
export async function openBundled(baseUrl: string): Promise<ModelSource> {
  const bytes = await fetchBundled(baseUrl);
  return openModelFiles(
    {
      names: [...bytes.keys()],
      reader: async (name): Promise<RangeReader | null> => {
        const found = bytes.get(name);
        return found ? bytesReader(name, found) : null;
      },
    },
    { kind: 'bundled', id: BUNDLED_BASE, name: 'Bundled tiny model', revision: null },
  );
}

/** The bundled model's files by name, e.g. to put them into a download as `base/`. */
export async function fetchBundled(baseUrl: string): Promise<Map<string, Uint8Array>> {
  const root = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
  const entries = await Promise.all(
    BUNDLED_FILES.map(async (name) => {
      let response: Response;
      let bytes: ArrayBuffer;
      try {
        response = await fetch(`${root}${name}`);
        bytes = await response.arrayBuffer();
      } catch (cause) {
        throw missing(name, 'could not be fetched', cause);
      }
      // A single-page host answers a missing file with its HTML page.
      const absent =
        response.status === 404 || (response.headers.get('content-type') ?? '').includes('text/html');
      if (absent && OPTIONAL.has(name)) return null;
      if (absent || !response.ok)
        throw missing(name, absent ? 'is not there' : `was answered with status ${response.status}`);
      return [name, new Uint8Array(bytes)] as const;
    }),
  );
  return new Map(entries.filter((entry) => entry !== null));
}

/** Not needed to train. */
const OPTIONAL: ReadonlySet<string> = new Set([
  'generation_config.json',
  'README.md',
  'LICENSE',
  'tokenizer_config.json',
]);

function missing(name: string, what: string, cause?: unknown): UserError {
  return new UserError(
    'bundled-missing',
    `The bundled model’s file ${name} ${what}. Reload the page; if that does not help, the site was not deployed completely.`,
    {
      cause,
    },
  );
}
