import type { AdapterSettings } from '../methods/types.ts';
import type { Family } from '../model/families/family.ts';
import type { RunIdentity } from './checkpoint.ts';
import type { RunSettings } from './settings/list.ts';

/**
 * The adapter that a run with these settings trains on a model of this family.
 *
 * @param begunWith the adapter that the run was begun with, whose ranks and alphas by module are kept
 */
export function adapterSettings(
  settings: RunSettings,
  family: Family,
  begunWith: RunIdentity['initAdapter'] = null,
): AdapterSettings {
  const { method, rank, alpha, rslora, loraPlusRatio, init, dropout, targets, mergeTarget } = settings;
  const { rankPattern, alphaPattern, feedForward } = begunWith ?? {};
  const { virtualTokens, promptInit, prefixInit, promptText } = settings;
  switch (method) {
    case 'lora':
    case 'dora':
      return {
        ...(method === 'lora' ? {} : { method }),
        rank,
        alpha,
        dropout,
        targets: targets ?? [...family.defaultTargets],
        ...(rslora ? { rsLora: true } : {}),
        ...(rankPattern && { rankPattern }),
        ...(alphaPattern && { alphaPattern }),
        ...(loraPlusRatio === 1 ? {} : { loraPlusRatio }),
        ...(init === 'default' || method === 'dora' ? {} : { start: init }),
        ...(mergeTarget === 'none' || method === 'dora' ? {} : { mergeTarget }),
      };
    case 'ia3':
      return {
        method,
        targets: targets ?? [...family.ia3Targets],
        feedForward: feedForward ?? [endOf(family)],
      };
    case 'prompt':
      return {
        ...{ method, virtualTokens, init: promptInit },
        ...(promptInit === 'text' && { text: promptText ?? '' }),
      };
    case 'prefix':
      return {
        ...{ method, virtualTokens, init: prefixInit },
        ...(prefixInit === 'text' && promptText !== null && { text: promptText }),
      };
  }
}

/** The linear layer that ends a family's feed-forward part. */
function endOf({ tensors }: Family): string {
  return tensors.linears.find(({ roles }) => roles.includes('down'))!.path;
}

/** What of a run's settings an adapter that is trained further brings with it. */
export function broughtSettings(adapter: AdapterSettings): Partial<RunSettings> {
  if (adapter.method === 'prompt' || adapter.method === 'prefix')
    return { method: adapter.method, virtualTokens: adapter.virtualTokens };
  if (adapter.method === 'ia3') return { method: 'ia3', targets: adapter.targets };
  const { method = 'lora', rank, alpha, targets, rsLora = false } = adapter;
  // It has begun already.
  return { method, rank, alpha, rslora: rsLora, init: 'default', targets };
}
