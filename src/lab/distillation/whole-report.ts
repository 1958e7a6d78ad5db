import type { Judged } from '../../data/metric.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { KeptRung } from '../ladder/climb.ts';
import { meanLoss } from '../ladder/measure.ts';
import type { LabReport } from '../report.ts';
import { type Contender, type DistilAbout, type DistilResult, distilSections } from './report.ts';
import type { Measured } from './stages.ts';

/** A teacher as it was measured, or a student with what its training took, for the table. */
export function contenderOf(
  who: Contender['who'],
  rung: KeptRung,
  model: Measured,
  trained_on: number | null,
): Contender {
  const { parameters, tokens_per_second } = model;
  return {
    ...{ who, rows: judgedOf(rung), loss: meanLoss(rung.rows), parameters, tokens_per_second, trained_on },
    train_seconds: rung.train_seconds ?? null,
    memory_bytes: rung.memory_bytes ?? null,
  };
}

function judgedOf({ rows }: KeptRung): Judged[] {
  return rows.map(({ right, of }) => ({ right, of }));
}

/** What a distillation came to, wherever it was done. */
export interface Distilled {
  result: DistilResult;
  about: DistilAbout;
  /** Models and rows, by name. */
  facts: readonly (readonly [name: string, value: string])[];
  settings: RunSettings;
  /** What else a reader has to know, a sentence or a few each. */
  notes?: readonly string[];
  versions: LabReport['versions'];
  command: string;
  created: string;
}

/** The report for people. */
export function distilReport(distilled: Distilled): LabReport {
  const { result, about, facts, settings, notes = [], versions, command, created } = distilled;
  const { sections, ...found } = distilSections(result, about);
  const { objective } = result;
  return {
    ...found,
    sections: [...sections, ...(notes.length > 0 ? [{ title: 'Notes', text: notes }] : [])],
    settings: [
      ...facts,
      ...Object.entries({ ...settings, objective, steps: about.steps }).map(
        ([name, value]) => [name, String(value ?? '–')] as const,
      ),
    ],
    seeds: { seed: settings.seed },
    versions,
    command,
    created,
  };
}
