import type { Skipped } from '../../lab/ladder/climb.ts';
import { probability } from '../../lab/ladder/recommend.ts';
import type { ReportedRung } from '../../lab/ladder/report.ts';
import { LADDER, RUNGS, type Rung, type RungName } from '../../lab/ladder/rungs.ts';
import { Interval } from '../experiment/interval.tsx';
import type { TermId } from '../glossary/glossary.ts';
import { Term } from '../glossary/term.tsx';
import { bytes, duration, loss, plural, small } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import css from './ladder.module.css';

interface Known {
  rungs: readonly ReportedRung[];
  skipped: readonly Skipped[];
  /** The rung that is recommended. */
  chosen: string | null;
  /** What the figure is of. */
  metric: string;
  /** The rung that is measured now. */
  now: RungName | null;
  /** One adapter for each kind was asked for. */
  apart: boolean;
}

/** Every rung, the cheapest first: its figure with the interval as a bar, and what it costs. */
export function RungTable({ rungs, skipped, chosen, metric, now, apart }: Known) {
  return (
    <div className={`${shared.card} ${css.rungs}`}>
      <table className={css.table} aria-label="Rungs">
        <thead>
          <tr>
            <th scope="col">Rung</th>
            <th scope="col">
              <Term term="interval">{metric}</Term>
            </th>
            <th scope="col">
              <Term term="pValue">p</Term>
            </th>
            <th scope="col">
              <Term term="loss">Loss</Term>
            </th>
          </tr>
        </thead>
        {(apart ? LADDER : RUNGS).map((rung) => {
          const measured = rungs.find(({ name }) => name === rung.name);
          if (measured)
            return <Measured key={rung.name} rung={rung} of={measured} chosen={chosen === rung.name} />;
          const reason = skipped.find(({ name }) => name === rung.name)?.reason;
          return (
            <tbody key={rung.name}>
              <tr className={css.open}>
                <th scope="row">
                  <Name of={rung} />
                </th>
                <td colSpan={3}>
                  {reason ? `Not measured: ${reason}` : now === rung.name ? 'measuring…' : '–'}
                </td>
              </tr>
            </tbody>
          );
        })}
      </table>
    </div>
  );
}

const TERMS: Partial<Record<RungName, TermId>> = {
  ...{ base: 'base', examples: 'fewShot', retrieval: 'retrieval', documents: 'retrieval', tuned: 'tuned' },
  apart: 'router',
};

function Name({ of: { name, label } }: { of: Rung }) {
  const term = TERMS[name];
  return term ? <Term term={term}>{label}</Term> : label;
}

function Measured({ rung, of, chosen }: { rung: Rung; of: ReportedRung; chosen: boolean }) {
  return (
    <tbody data-chosen={chosen || undefined}>
      <tr>
        <th scope="row">
          <Name of={rung} />
          {chosen && <span className={css.mark}> recommended</span>}
        </th>
        <td>
          <Interval of={of} tuned={rung.remedy === 'tuning' || rung.needs.includes('adapter')} />
        </td>
        <td>{of.p_value === null ? '–' : probability(of.p_value)}</td>
        <td>{of.loss === null ? '–' : loss(of.loss)}</td>
      </tr>
      <tr className={css.cost}>
        <td colSpan={4}>
          {costOf(of).map((part) => (
            <span key={part}>{part}</span>
          ))}
        </td>
      </tr>
    </tbody>
  );
}

/** What each answer takes, what training took, and what it cost on general text. */
function costOf(of: ReportedRung): string[] {
  const { train_seconds, memory_bytes, elsewhere_before, elsewhere_after } = of;
  const trained = [
    train_seconds !== null && duration(train_seconds),
    memory_bytes !== null && bytes(memory_bytes),
  ].filter(Boolean);
  return [
    ...(of.k === null ? [] : [`k = ${of.k}`]),
    ...(of.search === null ? [] : [`found by ${of.search === 'states' ? 'states' : 'words'}`]),
    `${plural(Math.round(of.prompt_tokens), 'token')} of prompt`,
    `${small(Number(of.answer_seconds.toPrecision(2)))} s an answer`,
    ...(trained.length > 0 ? [`training ${trained.join(', ')}`] : []),
    ...(elsewhere_after === null
      ? []
      : [
          `loss on general text ${elsewhere_before === null ? '–' : loss(elsewhere_before)} → ${loss(elsewhere_after)}`,
        ]),
  ];
}
