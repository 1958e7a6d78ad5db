import type { LabReport } from '../report.ts';
import type { KeptRung, Skipped } from './climb.ts';
import type { HeldOutKinds } from './parts.ts';
import { type LadderAbout, type LadderResult, ladderResult, ladderSections } from './report.ts';

/** What a ladder came to, wherever it was climbed. */
export interface Climbed {
  measured: readonly KeptRung[];
  skipped: Skipped[];
  plan: LadderAbout & { instruction: string | null };
  seed: number;
  /** Of the held-out questions, where they were found. */
  kinds?: HeldOutKinds | null;
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

/** The result for programs, and the report for people. */
export function ladderReport(climbed: Climbed): { result: LadderResult; report: LabReport } {
  const { measured, skipped, plan, seed, kinds = null, facts, settings, notes = [] } = climbed;
  const { versions, command, created } = climbed;
  const result = ladderResult(measured, skipped, seed, { metric: plan.metric, kinds });
  const { sections, ...found } = ladderSections(result, measured, plan);
  return {
    result,
    report: {
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
    },
  };
}
