/** What every record of an experiment has. */
export interface KeptExperiment {
  version: number;
  /** What the page calls what it was measured on. */
  title: string;
  /** ISO date. */
  began: string;
  /** Everything that was asked for is measured. */
  done: boolean;
}
