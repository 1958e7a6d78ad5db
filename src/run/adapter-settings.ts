import type { LoraSettings } from '../methods/types.ts';
import type { Family } from '../model/families/family.ts';
import type { RunIdentity } from './checkpoint.ts';
import type { RunSettings } from './settings.ts';

/**
 * The adapter that a run with these settings trains on a model of this family.
 *
 * @param begunWith the adapter that the run was begun with, whose ranks and alphas by module are kept
 */
export function adapterSettings(
  settings: RunSettings,
  family: Family,
  begunWith: RunIdentity['initAdapter'] = null,
): LoraSettings {
  const { method, rank, alpha, rslora, loraPlusRatio, dropout, targets } = settings;
  const { rankPattern, alphaPattern } = begunWith ?? {};
  switch (method) {
    case 'lora':
      return {
        rank,
        alpha,
        dropout,
        targets: targets ?? [...family.defaultTargets],
        ...(rslora ? { rsLora: true } : {}),
        ...(rankPattern && { rankPattern }),
        ...(alphaPattern && { alphaPattern }),
        ...(loraPlusRatio === 1 ? {} : { loraPlusRatio }),
      };
  }
}
