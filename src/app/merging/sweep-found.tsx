import type { Scene } from '../../drawing/scene.ts';
import { pairsOf, sweepScene } from '../../lab/merging/report.ts';
import { meanOf, type Sweep } from '../../lab/merging/sweep.ts';
import { changeMerge } from '../actions/merging.ts';
import { SCATTER_COLORS } from '../drawing/scatter-colors.ts';
import { Term } from '../glossary/term.tsx';
import { loss } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import type { SweptMerge } from '../state/merge-sweep.ts';
import { useMerging } from '../state/merging.ts';
import { useApp } from '../state/store.ts';
import css from './sweep.module.css';

interface Found {
  sweep: Sweep;
  of: SweptMerge;
}

/** What was tried so far as a table, and each two tasks as a picture. */
export function SweepFound({ sweep, of }: Found) {
  const { tasks, base, points, best } = sweep;
  const locked = useApp((app) => app.underWay !== null);
  const entries = useMerging((state) => state.entries);
  const here = of.sources.every(({ id }) => entries?.some((entry) => entry.id === id));
  const set = locked || !here ? null : (weights: readonly number[]) => setSliders(of, weights);
  return (
    <>
      <section className={css.scroll} aria-label="Weights that were tried">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard */}
        <div tabIndex={0}>
          <table className={css.table}>
            <thead>
              <tr>
                <th scope="col">Weights</th>
                {tasks.map((task) => (
                  <th key={task} scope="col">
                    <Term term="loss">Loss</Term> on {task}
                  </th>
                ))}
                {tasks.length > 1 && <th scope="col">Mean</th>}
                <th scope="col">On the frontier</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">
                  <Term term="base">base</Term>
                </th>
                <Losses losses={base} />
                <td />
              </tr>
              {points.map(({ weights, losses, on_frontier }, i) => (
                <tr key={weights.join()} data-chosen={i === best || undefined}>
                  <th scope="row">
                    <button
                      type="button"
                      className={shared.accentLink}
                      disabled={!set}
                      aria-label={`Set the weights to ${weights.join(', ')}`}
                      onClick={() => set?.(weights)}
                    >
                      {weights.join(', ')}
                    </button>
                  </th>
                  <Losses losses={losses} />
                  <td>{i === best ? 'best' : on_frontier ? 'yes' : ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <p className={shared.faint}>
        Weights stand in the order {of.sources.map(({ name }) => name).join(', ')}. Of those on the frontier
        nothing is better for every task. The best have the least mean loss; they were chosen on these very
        rows, so that their losses are a little too good.
      </p>
      {points.length > 1 &&
        pairsOf(tasks).map(([x, y]) => (
          <PointsPicture
            key={`${x} ${y}`}
            scene={sweepScene(sweep, [x, y], {
              ...{ width: 460, height: 280, colors: SCATTER_COLORS, ticks: { x: 5, y: 5 } },
            })}
            about={`Loss on ${tasks[y]} against that on ${tasks[x]} by weights; the table above has the figures and sets the sliders`}
            titles={points.map(({ weights }) => weights.join(', '))}
            onPoint={set && ((i) => set(points[i].weights))}
          />
        ))}
    </>
  );
}

function Losses({ losses }: { losses: readonly number[] }) {
  return (
    <>
      {losses.map((value, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a task by its place
        <td key={i}>{loss(value)}</td>
      ))}
      {losses.length > 1 && <td>{loss(meanOf(losses))}</td>}
    </>
  );
}

/** The sliders go to these weights, of the adapters that were swept alone. */
function setSliders({ sources }: SweptMerge, weights: readonly number[]): void {
  const { entries, weights: before } = useMerging.getState();
  const ids = sources.map(({ id }) => id);
  changeMerge({
    chosen: Object.fromEntries((entries ?? []).map(({ id }) => [id, ids.includes(id)])),
    weights: { ...before, ...Object.fromEntries(ids.map((id, i) => [id, weights[i]])) },
  });
}

interface Picture {
  /** Its filled lines are the points. */
  scene: Scene;
  about: string;
  titles: readonly string[];
  onPoint: ((i: number) => void) | null;
}

/** A scene whose points can be pressed; by the keyboard the table does the same. */
function PointsPicture({ scene: { width, height, lines, words }, about, titles, onPoint }: Picture) {
  const points = lines.filter(({ fill }) => fill);
  return (
    <svg className={css.picture} viewBox={`0 0 ${width} ${height}`} role="img" aria-label={about}>
      {lines
        .filter(({ fill }) => !fill)
        .map(({ path, color, width: stroke }) => (
          <path key={path} d={path} fill="none" stroke={color} strokeWidth={stroke} strokeLinejoin="round" />
        ))}
      {words.map(({ x, y, text, color, size, anchor }) => (
        <text key={`${x} ${y} ${text}`} x={x} y={y} fontSize={size} fill={color} textAnchor={anchor}>
          {text}
        </text>
      ))}
      {points.map(({ path, color }, i) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the table's buttons do the same
        <path
          key={titles[i]}
          className={onPoint ? css.point : undefined}
          d={path}
          fill={color}
          onClick={() => onPoint?.(i)}
        >
          <title>{titles[i]}</title>
        </path>
      ))}
    </svg>
  );
}
