import { z } from 'zod';

/** `public/samples/index.json`. */
const SampleIndex = z.array(
  z.object({
    file: z.string(),
    title: z.string(),
    description: z.string(),
    rows: z.int(),
    format: z.string(),
    prompts: z.array(z.string()).min(1),
  }),
);
export type SampleInfo = z.infer<typeof SampleIndex>[number];

/** The bundled datasets, in the order the page offers them. */
export async function loadSamples(): Promise<SampleInfo[]> {
  const response = await fetch(new URL('samples/index.json', document.baseURI));
  if (!response.ok) throw new Error(`the list of samples answered ${response.status}`);
  return SampleIndex.parse(await response.json());
}
