import { streamSeed } from '../../stream-seed.ts';
import { loraScale, rankOf } from '../scale.ts';
import { initialA } from '../start.ts';
import { singularParts } from './pissa.ts';
import type { LoraStart } from './start.ts';

/**
 * LoftQ (Li et al., arXiv 2310.08659) with one iteration, as PEFT's `replace_lora_weights_loftq`: the adapter begins as
 * the largest singular parts of what rounding took off the weight, W − Q(W), so that Q(W) + s·BA is nearer to W than
 * Q(W) is. The base is not moved.
 *
 * PEFT leaves BA as it is, which is right at alpha = rank alone: at alpha = 2 · rank the correction would count twice. Here
 * the singular values are divided by s = alpha / rank.
 *
 * Where rounding took nothing, as of rows that are no whole blocks, A begins at random and B as 0.
 */
export const loftq: LoraStart = {
  async matrices(site, { settings, base, seed }) {
    const rank = rankOf(settings, site);
    const [lost, held] = [await base.stored(site), await base.weight(site)];
    let anything = false;
    for (let i = 0; i < lost.length; i++) {
      lost[i] -= held[i];
      anything ||= lost[i] !== 0;
    }
    if (!anything) return { a: initialA(site, rank, seed), b: new Float32Array(site.out * rank) };
    return singularParts(lost, site, {
      rank,
      scale: loraScale(settings, site),
      seed: streamSeed(seed, site.path),
    });
  },
};
