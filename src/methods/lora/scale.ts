import type { AdapterModule } from '../../model/modules.ts';
import { unusablePattern } from '../peft-config.ts';
import { pythonPattern } from '../python-pattern.ts';
import type { LoraSettings } from '../types.ts';

/** Rank and scale of a module: one for all, unless a pattern says otherwise. */

type Pattern = Readonly<Record<string, number>>;

/** Asked for every module, several times a run, and a file may have a key for each. */
const compiled = new WeakMap<Pattern, readonly { key: RegExp; value: number }[]>();

function compile(pattern: Pattern): readonly { key: RegExp; value: number }[] {
  const known = compiled.get(pattern);
  if (known) return known;
  const entries = Object.entries(pattern).map(([source, value]) => {
    const key = pythonPattern(source, '^(?:.*\\.)?(?:', ')$');
    if (!key) throw unusablePattern(source);
    return { key, value };
  });
  compiled.set(pattern, entries);
  return entries;
}

/**
 * The value of the first pattern that matches the end of a module's path (PEFT: `get_pattern_key`). As there, a pattern
 * that matches no module has no effect.
 */
function patterned(pattern: Pattern | undefined, path: string, otherwise: number): number {
  return pattern ? (compile(pattern).find(({ key }) => key.test(path))?.value ?? otherwise) : otherwise;
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
