import type { LabReport } from '../report.ts';
import type { KeptRung } from './climb.ts';
import { type LadderAbout, type LadderResult, ladderSections } from './report.ts';

/** What a ladder came to, wherever it was climbed. */
export interface Climbed {
  result: LadderResult;
  measured: readonly KeptRung[];
  plan: LadderAbout & { instruction: string | null };
  seed: number;
  /** Model, device, rows and the like, by name. */
  facts: readonly (readonly [name: string, value: string])[];
  /** The run's settings, as its identity has them. */
  settings: Readonly<Record<string, unknown>>;
  /** What else a reader has to know, a sentence or a few each. */
  notes?: readonly string[];
  versions: LabReport['versions'];
  command: string;
  created: string;
}

/** The report for people. */
export function ladderReport(climbed: Climbed): LabReport {
  const { result, measured, plan, seed, facts, settings, notes = [] } = climbed;
  const { versions, command, created } = climbed;
  const { sections, ...found } = ladderSections(result, measured, plan);
  return {
    ...found,
    sections: [...sections, ...(notes.length > 0 ? [{ title: 'Notes', text: notes }] : [])],
    settings: [
      ...facts,
      ['Instruction', plan.instruction ?? '–'],
      ...Object.entries(settings).map(([name, value]) => [name, String(value ?? '–')] as const),
    ],
    seeds: { seed },
    versions,
    command,
    created,
  };
}
