import type { LabReport } from '../report.ts';

/** What there is to say of a stacked model. */
export interface StackOutcome {
  /** Of the new model. */
  layers: number;
  /** Which layer of the old model each is. */
  from: readonly number[];
  files: readonly { path: string; bytes: number }[];
  /** Mean loss of a supervised token on the same rows: of the model that it was made of, as stacked, and healed. */
  loss_base: number | null;
  loss_before: number | null;
  loss_healed: number | null;
}

/** Of a report, what was found and its tables. */
export function stackSections(outcome: StackOutcome): Pick<LabReport, 'title' | 'findings' | 'sections'> {
  const { layers, from, files, loss_base, loss_before, loss_healed } = outcome;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const repeated = layers - new Set(from).size;
  const findings = [
    `A model of ${layers} layers was written, ${repeated === 0 ? 'none of them' : repeated} a repetition of another: ${(bytes / 1e6).toPrecision(3)} MB.`,
  ];
  if (loss_before !== null && loss_base !== null)
    findings.push(
      `As it was stacked its loss is ${loss(loss_before)}, that of the model that it was made of ${loss(loss_base)}.`,
    );
  else if (loss_before !== null) findings.push(`As it was stacked its loss is ${loss(loss_before)}.`);
  if (loss_healed !== null && loss_before !== null) {
    const beside =
      loss_base === null
        ? ''
        : loss_healed <= loss_base
          ? ' That is no worse than the model that it was made of without training, which the same run would have made better, too.'
          : ' That is still worse than the model that it was made of.';
    findings.push(`Healed by an adapter, it is ${loss(loss_healed)}.${beside}`);
  }
  return {
    title: `A stack of ${layers} layers`,
    findings,
    sections: [
      {
        title: 'Loss',
        text: ['Mean loss of a supervised token on the same rows, which nothing was trained on.'],
        table: {
          columns: [{ name: 'Model' }, { name: 'Loss', number: true }],
          rows: [
            ['the model that it was made of', known(loss_base)],
            ['as stacked', known(loss_before)],
            ['healed', known(loss_healed)],
          ],
        },
      },
      {
        title: 'Layers',
        table: {
          columns: [
            { name: 'Layer', number: true },
            { name: 'Layer that it was', number: true },
          ],
          rows: from.map((old, layer) => [String(layer), String(old)]),
        },
      },
    ],
  };
}

const loss = (value: number) => value.toFixed(4);
const known = (value: number | null) => (value === null ? null : loss(value));
