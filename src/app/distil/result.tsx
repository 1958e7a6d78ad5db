import { criterionName } from '../../lab/criterion.ts';
import { type DistilResult, distilSections, type TableRow, WHO } from '../../lab/distillation/report.ts';
import { SIGNIFICANT } from '../../lab/statistics.ts';
import type { KeptDistil } from '../../worker/api/api.ts';
import { aboutOf } from '../actions/distil-report.ts';
import { Finding } from '../experiment/finding.tsx';
import { Interval } from '../experiment/interval.tsx';
import { Term } from '../glossary/term.tsx';
import { bytes, duration, loss, parameters, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import css from './distil.module.css';

/** What was found, in a sentence or two. */
export function Found({ kept, result }: { kept: KeptDistil; result: DistilResult }) {
  const { findings } = distilSections(result, aboutOf(kept));
  const { gain } = result;
  const direction = gain.metric > 0 ? 'The made rows help' : 'The made rows harm';
  const title = gain.p_value >= SIGNIFICANT ? 'No measurable difference' : direction;
  return (
    <Finding label="Found" title={title}>
      {findings.map((finding) => (
        <p key={finding}>{finding}</p>
      ))}
    </Finding>
  );
}

/** Teacher and student beside one another, with what each takes. */
export function Contenders({ kept }: { kept: KeptDistil }) {
  const { table, result } = kept.figures;
  const { metric } = kept.stages.teacher!;
  return (
    <>
      <div className={`${shared.card} ${css.card}`}>
        <table className={css.table} aria-label="Teacher and student">
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">
                <Term term="interval">{criterionName(metric)}</Term>
              </th>
              <th scope="col">
                <Term term="loss">Loss</Term>
              </th>
            </tr>
          </thead>
          {table.map((row) => (
            <Contender key={row.who} of={row} />
          ))}
        </table>
      </div>
      {result && (
        <details className={css.fold}>
          <summary>What the figures are</summary>
          {distilSections(result, aboutOf(kept)).sections[0].text?.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </details>
      )}
    </>
  );
}

const TERMS = { teacher: 'teacher', 'student-small': 'student', 'student-larger': 'student' } as const;

function Contender({ of }: { of: TableRow }) {
  const { who, parameters: count, tokens_per_second, trained_on, train_seconds, memory_bytes } = of;
  const cost = [
    `${parameters(count)} parameters`,
    ...(tokens_per_second === null ? [] : [`${tokens_per_second.toFixed(0)} tokens/s`]),
    ...(trained_on === null ? [] : [`trained on ${plural(trained_on, 'row')}`]),
    ...(train_seconds === null ? [] : [`in ${duration(train_seconds)}`]),
    ...(memory_bytes === null ? [] : [`with ${bytes(memory_bytes)}`]),
  ];
  return (
    <tbody>
      <tr>
        <th scope="row">
          <Term term={TERMS[who]}>{WHO[who]}</Term>
        </th>
        <td>
          <Interval of={of} tuned={who !== 'teacher'} />
        </td>
        <td>{of.loss === null ? '–' : loss(of.loss)}</td>
      </tr>
      <tr className={css.cost}>
        <td colSpan={3}>
          {cost.map((part) => (
            <span key={part}>{part}</span>
          ))}
        </td>
      </tr>
    </tbody>
  );
}
