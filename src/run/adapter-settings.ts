import type { LoraSettings } from '../methods/types.ts';
import type { Family } from '../model/families/family.ts';
import type { RunSettings } from './settings.ts';

/** The adapter that a run with these settings trains on a model of this family. */
export function adapterSettings(settings: RunSettings, family: Family): LoraSettings {
  const { method, rank, alpha, rslora, dropout, targets } = settings;
  switch (method) {
    case 'lora':
      return {
        rank,
        alpha,
        dropout,
        targets: targets ?? [...family.defaultTargets],
        ...(rslora ? { rsLora: true } : {}),
      };
  }
}
