import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { UserError } from '../../errors.ts';
import type { AdapterModule } from '../../model/modules.ts';
import type { StartBase } from '../method.ts';
import { streamSeed } from '../stream-seed.ts';
import type { PromptSettings } from '../types.ts';
import { PROMPT } from './site.ts';

/**
 * P as PEFT begins it (peft/tuners/prompt_tuning/model.py): embeddings of tokens drawn from the whole vocabulary, or of
 * a text's tokens, cut or repeated to the number of virtual tokens, or N(0, 1).
 *
 * @throws UserError `bad-setting` where the text has no token
 */
export async function startOn(
  base: StartBase,
  site: AdapterModule,
  settings: PromptSettings,
  seed: number,
): Promise<Record<string, Float32Array>> {
  return { [PROMPT]: await startRows(base, site, settings, seed) };
}

async function startRows(
  base: StartBase,
  site: AdapterModule,
  { init = 'vocab', text = '' }: PromptSettings,
  seed: number,
): Promise<Float32Array> {
  if (init === 'random') return randomRows(site, seed);
  if (init === 'vocab') return base.embeddings(drawnTokens(site, base.config.vocab, seed));
  return ofText(base, site, text);
}

/** N(0, 1), as torch's nn.Embedding begins (Box–Muller). */
export function randomRows({ in: hidden, out: rows, path }: AdapterModule, seed: number): Float32Array {
  const random = xoroshiro128plus(streamSeed(seed, path));
  return Float32Array.from({ length: rows * hidden }, () => {
    // Above 0, whose logarithm is none.
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat64(random)));
    return radius * Math.cos(2 * Math.PI * uniformFloat64(random));
  });
}

function drawnTokens({ out, path }: AdapterModule, vocab: number, seed: number): number[] {
  const random = xoroshiro128plus(streamSeed(seed, path));
  return Array.from({ length: out }, () => uniformInt(random, 0, vocab - 1));
}

async function ofText(base: StartBase, { out }: AdapterModule, text: string): Promise<Float32Array> {
  const ids = await base.tokens(text);
  if (ids.length === 0)
    throw new UserError(
      'bad-setting',
      'The text that the prompt is to begin with (--prompt-text) has no token. Nothing was changed. Give a text, or begin with words of the vocabulary (--prompt-init vocab).',
    );
  return base.embeddings(Array.from({ length: out }, (_, i) => ids[i % ids.length]));
}
