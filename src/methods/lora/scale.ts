import type { AdapterModule } from '../../model/modules.ts';
import type { LoraSettings } from '../types.ts';

/** Rank and scale of a module: one for all, unless a pattern says otherwise. */

/** The value of the first pattern that matches the end of a module's path (PEFT: `get_pattern_key`). */
function patterned(
  pattern: Readonly<Record<string, number>> | undefined,
  path: string,
  otherwise: number,
): number {
  for (const [key, value] of Object.entries(pattern ?? {}))
    if (new RegExp(`^(?:(?:.*\\.)?(?:${key}))$`).test(path)) return value;
  return pattern?.[path] ?? otherwise;
}

export function rankOf(settings: LoraSettings, { path }: Pick<AdapterModule, 'path'>): number {
  return patterned(settings.rankPattern, path, settings.rank);
}

export function alphaOf(settings: LoraSettings, { path }: Pick<AdapterModule, 'path'>): number {
  return patterned(settings.alphaPattern, path, settings.alpha);
}

/** s in y = Wx + s·B(Ax): alpha / rank, or alpha / √rank for rank-stabilised LoRA (arXiv 2312.03732). */
export function loraScale(settings: LoraSettings, module: Pick<AdapterModule, 'path'>): number {
  const rank = rankOf(settings, module);
  return alphaOf(settings, module) / (settings.rsLora ? Math.sqrt(rank) : rank);
}
