import type { LoraSettings } from '../methods/types.ts';
import type { Family } from '../model/config.ts';
import { defaultTargets } from '../model/families/names.ts';
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
        targets: targets ?? defaultTargets(family),
        ...(rslora ? { rsLora: true } : {}),
      };
  }
}
