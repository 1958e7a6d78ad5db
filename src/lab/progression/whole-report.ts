import type { RunSettings } from '../../run/settings/list.ts';
import type { LabReport } from '../report.ts';
import type { FrontierResult } from './points.ts';
import { type FrontierAbout, frontierSections } from './report.ts';

/** What a progression came to, wherever it was measured. */
export interface Progressed {
  result: FrontierResult;
  about: FrontierAbout;
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
export function frontierReport(progressed: Progressed): LabReport {
  const { result, about, facts, settings, notes = [], versions, command, created } = progressed;
  const { sections, ...found } = frontierSections(result, about);
  return {
    ...found,
    sections: [...sections, ...(notes.length > 0 ? [{ title: 'Notes', text: notes }] : [])],
    settings: [
      ...facts,
      ...Object.entries(settings)
        .filter(([name]) => name !== 'baseDtype')
        .map(([name, value]) => [name, String(value ?? '–')] as const),
    ],
    seeds: { seed: settings.seed },
    versions,
    command,
    created,
  };
}
