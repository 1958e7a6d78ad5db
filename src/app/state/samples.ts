import { UserError } from '../../errors.ts';
import { pageFile } from '../../files/page-file.ts';

/** One bundled dataset, as `public/samples/index.json` lists it. */
export interface SampleInfo {
  file: string;
  title: string;
  description: string;
  rows: number;
  format: string;
  /** At least one. */
  prompts: string[];
}

/** The bundled datasets, in the order the page offers them. */
export async function loadSamples(): Promise<SampleInfo[]> {
  const list = await pageFile(new URL('samples/index.json', document.baseURI));
  if (!list)
    throw new UserError(
      'no-sample',
      'The list of samples did not arrive. Reload the page, or drop a file of your own.',
    );
  return JSON.parse(await list.text());
}
