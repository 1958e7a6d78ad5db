import type { AdapterModule } from '../../model/modules.ts';
import type { StartBase } from '../method.ts';
import { drawnTokens, randomRows, repeated } from '../prompt/start.ts';
import type { PrefixSettings } from '../types.ts';
import { PREFIX } from './site.ts';

/**
 * What the base's layers make of a text as keys and values, at the positions 0 … n − 1 (its tokens cut or repeated; of
 * none, tokens that are drawn from the vocabulary); zeros; or N(0, 1), as PEFT begins.
 *
 * @throws UserError `bad-setting` where the text has no token
 */
export async function startOn(
  base: StartBase,
  site: AdapterModule,
  { init = 'text', text }: PrefixSettings,
  seed: number,
): Promise<Readonly<Record<string, Float32Array>>> {
  if (init === 'random') return { [PREFIX]: randomRows(site, seed) };
  const values = new Float32Array(site.in * site.out);
  if (init === 'zero') return { [PREFIX]: values };
  const ids =
    text === undefined
      ? drawnTokens(site, base.config.vocab, seed)
      : repeated(await base.tokens(text), site.out);
  const parts = await base.keysAndValues(ids);
  const width = site.in / parts.length;
  parts.forEach((part, number) => {
    for (let row = 0; row < site.out; row++)
      values.set(part.subarray(row * width, (row + 1) * width), row * site.in + number * width);
  });
  return { [PREFIX]: values };
}
