import type { ObjectiveName } from './names.ts';
import type { Objective } from './objective.ts';
import { sft } from './sft.ts';

/** Every objective by its name. The check of the settings has refused any other. */
export const OBJECTIVES: Readonly<Record<ObjectiveName, Objective>> = { sft };
