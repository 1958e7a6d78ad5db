import { criterionName } from '../../lab/criterion.ts';
import { probability } from '../../lab/ladder/recommend.ts';
import { cheapestFirst, type Point, type PointName, samePoint } from '../../lab/progression/points.ts';
import { frontierSections, shortNames } from '../../lab/progression/report.ts';
import type { KeptFrontier } from '../../worker/api/api.ts';
import { Interval } from '../experiment/interval.tsx';
import { Term } from '../glossary/term.tsx';
import { bytes, duration, loss, parameters, small } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useFrontier } from '../state/frontier.ts';
import css from './frontier.module.css';

/** Every point, the cheapest first: its figure with the interval as a bar, and what it costs; or why it has none. */
export function Points({ kept }: { kept: KeptFrontier }) {
  const now = useFrontier((frontier) => frontier.now?.point ?? null);
  const { candidates, refused, skipped, result, about, done, left } = kept;
  const points = result?.points ?? [];
  const short = shortNames([...candidates, ...refused]);
  const order: PointName[] = [...cheapestFirst(candidates), ...refused];
  const failed = [...refused, ...skipped];
  return (
    <>
      <div className={`${shared.card} ${css.card}`}>
        <table className={css.table} aria-label="Points">
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">
                <Term term="interval">{about ? criterionName(about.metric) : 'Right'}</Term>
              </th>
              <th scope="col">
                <Term term="loss">Loss</Term>
              </th>
            </tr>
          </thead>
          {order.map((name) => {
            const point = points.find((one) => samePoint(one, name));
            const key = `${name.model} ${name.dtype} ${name.untrained}`;
            const label = short(name);
            if (point)
              return (
                <Measured
                  key={key}
                  of={point}
                  label={label}
                  chosen={done && result?.choice !== null && samePoint(point, result!.choice!)}
                />
              );
            const reason = failed.find((one) => samePoint(one, name))?.reason;
            return (
              <tbody key={key}>
                <tr className={css.open}>
                  <th scope="row">{label}</th>
                  <td colSpan={2}>
                    {openWords({ reason, now: now !== null && samePoint(now, name), left: done && left > 0 })}
                  </td>
                </tr>
              </tbody>
            );
          })}
        </table>
      </div>
      {result && about && (
        <details className={css.fold}>
          <summary>What the figures are</summary>
          {frontierSections(result, { ...about, left }).sections[0].text?.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </details>
      )}
    </>
  );
}

function openWords({
  reason,
  now,
  left,
}: {
  reason: string | undefined;
  now: boolean;
  left: boolean;
}): string {
  if (reason) return `Not measured: ${reason}`;
  if (now) return 'measuring…';
  return left ? 'not looked at: a cheaper one suffices' : '–';
}

function Measured({ of, label, chosen }: { of: Point; label: string; chosen: boolean }) {
  const { seconds, memory_bytes, untrained, p_value } = of;
  const cost = [
    untrained ? 'no training' : `${duration(seconds)} of training`,
    ...(memory_bytes === null ? [] : [`${bytes(memory_bytes)} of memory`]),
    `${bytes(of.bytes)} to download`,
    `${parameters(of.parameters)} parameters`,
    `${small(Number(of.answer_seconds.toPrecision(2)))} s an answer`,
    ...(p_value === null ? [] : [`p ${probability(p_value)} beside the best`]),
  ];
  return (
    <tbody data-chosen={chosen || undefined}>
      <tr>
        <th scope="row">
          {label}
          {chosen && <span className={css.mark}> chosen</span>}
        </th>
        <td>
          <Interval of={of} tuned={!untrained} />
        </td>
        <td>{of.loss === null ? '–' : loss(of.loss)}</td>
      </tr>
      <tr className={css.cost}>
        <td colSpan={3}>
          {cost.map((part) => (
            <span key={part}>{part}</span>
          ))}
          {of.on_frontier && (
            <span>
              <Term term="frontier">on the frontier</Term>
            </span>
          )}
        </td>
      </tr>
    </tbody>
  );
}
