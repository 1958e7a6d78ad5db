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
  return base.embeddings(repeated(await base.tokens(text), site.out));
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

/** Tokens of the whole vocabulary, as many as there are virtual ones. */
export function drawnTokens({ out, path }: AdapterModule, vocab: number, seed: number): number[] {
  const random = xoroshiro128plus(streamSeed(seed, path));
  return Array.from({ length: out }, () => uniformInt(random, 0, vocab - 1));
}

/** A text's tokens, cut or repeated to so many. @throws UserError `bad-setting` where there are none */
export function repeated(ids: readonly number[], count: number): number[] {
  if (ids.length === 0)
    throw new UserError(
      'bad-setting',
      'The text that virtual tokens are to begin as (--prompt-text) has no token. Nothing was changed. Give another text, or leave it out.',
    );
  return Array.from({ length: count }, (_, i) => ids[i % ids.length]);
}
