import { overlay } from '../actions/history.ts';
import { removeResults } from '../actions/results.ts';
import { DashKey } from '../drawing/dash-key.tsx';
import { dashOf, type Measured, otherLosses } from '../drawing/overlays.ts';
import { Term } from '../glossary/term.tsx';
import { count, loss, percent, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { type OtherResult, useHistory } from '../state/history.ts';
import css from './others.module.css';

/** Results of other people in one table; each is drawn over the chart, bold while it is pointed at. */
export function Others({ over }: { over: Measured | null }) {
  const others = useHistory((state) => state.others);
  const note = useHistory((state) => state.othersNote);
  const shown = useHistory((state) => state.shown);
  const score = others.find(({ figure }) => figure)?.figure?.what ?? null;
  return (
    <section className={css.others} aria-labelledby="results-of-others">
      {note && <p role="status">{note}</p>}
      {others.length > 0 && (
        <>
          <div className={shared.between}>
            <h2 className={shared.heading} id="results-of-others">
              <Term term="otherResults">Results of others</Term> <span>{count(others.length)}</span>
            </h2>
            <button type="button" className={shared.link} onClick={removeResults}>
              Remove all
            </button>
          </div>
          <table className={css.table} aria-labelledby="results-of-others">
            <thead>
              <tr>
                <th scope="col">whose</th>
                <th scope="col" className={css.number}>
                  held-out
                </th>
                {score && (
                  <th scope="col" className={css.number}>
                    {score}
                  </th>
                )}
                <th scope="col">recipe</th>
              </tr>
            </thead>
            <tbody>
              {others.map((result) => (
                <Row
                  key={result.id}
                  result={result}
                  place={shown.indexOf(result.id)}
                  over={over}
                  score={score}
                />
              ))}
            </tbody>
          </table>
          <p className={shared.faint}>
            Kept until this tab is closed. Point at a row, or tick it, to find its curve.
          </p>
        </>
      )}
    </section>
  );
}

function Row(props: { result: OtherResult; place: number; over: Measured | null; score: string | null }) {
  const { result, place, over, score } = props;
  const { id, name, heldOut, figure } = result;
  const point = (on: boolean) => useHistory.setState({ pointed: on ? id : null });
  const other = over && otherLosses(result, over);
  return (
    <tr
      onMouseEnter={() => point(true)}
      onMouseLeave={() => point(false)}
      onFocus={() => point(true)}
      onBlur={() => point(false)}
    >
      <th scope="row">
        <label className={shared.smallTick}>
          <input
            type="checkbox"
            aria-label={`Draw the result of ${name} over the chart`}
            checked={place >= 0}
            onChange={(event) => overlay(id, event.currentTarget.checked)}
          />
          <span>{name}</span>
          {place >= 0 && <DashKey dash={dashOf(place)} />}
        </label>
        {other && <small>{other.toLowerCase()}: compare shapes, not heights</small>}
      </th>
      <td className={`${css.number} ${css.held}`}>
        {heldOut ? <Change before={loss(heldOut.before)} after={loss(heldOut.after)} /> : '—'}
      </td>
      {score && (
        <td className={css.number}>
          {figure?.what === score ? (
            <Change before={percent(figure.before)} after={percent(figure.after)} />
          ) : (
            '—'
          )}
        </td>
      )}
      <td>{recipeOf(result, other !== null)}</td>
    </tr>
  );
}

function Change({ before, after }: { before: string; after: string }) {
  return (
    <>
      {after}
      <small>before {before}</small>
    </>
  );
}

function recipeOf({ settings: { rank, learningRate }, steps, data }: OtherResult, other: boolean): string {
  return [
    rank !== undefined && `rank ${rank}`,
    learningRate !== undefined && `rate ${learningRate}`,
    plural(steps, 'step'),
    other && data,
  ]
    .filter(Boolean)
    .join(', ');
}
