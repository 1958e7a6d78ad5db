import { bake } from './bake.ts';
import { dft } from './dft.ts';
import { distil } from './distil.ts';
import { dpo } from './dpo.ts';
import { ipo } from './ipo.ts';
import { kto } from './kto.ts';
import type { ObjectiveName } from './names.ts';
import type { Objective, ObjectiveSettings } from './objective.ts';
import { orpo } from './orpo.ts';
import { sft } from './sft.ts';
import { simpo } from './simpo.ts';

/** Every objective by its name, with its settings. The check of the settings has refused any other. */
export const OBJECTIVES: Readonly<Record<ObjectiveName, (settings: ObjectiveSettings) => Objective>> = {
  sft: () => sft,
  dft: () => dft,
  dpo,
  ipo,
  orpo,
  simpo,
  kto,
  distil,
  bake,
};
