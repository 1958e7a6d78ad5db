import type { ExperimentId, KeptExperiments } from '../../worker/api/api.ts';
import { worker } from '../state/connection.ts';

/** What this browser keeps of an experiment; null where there is nothing, or no storage. */
export async function keptRecord<Id extends ExperimentId>(id: Id): Promise<KeptExperiments[Id] | null> {
  try {
    return (await (await worker()).keptExperiment(id)) as KeptExperiments[Id] | null;
  } catch {
    return null;
  }
}
