import { useId, useState } from 'react';
import { type Criterion, criterionName } from '../../lab/criterion.ts';
import { type FrontierResult, samePoint } from '../../lab/progression/points.ts';
import { COSTS, costScene, shortNames } from '../../lab/progression/report.ts';
import { SCATTER_COLORS } from '../drawing/scatter-colors.ts';
import { ScenePicture } from '../experiment/scene-picture.tsx';
import shared from '../shared/shared.module.css';
import css from './frontier.module.css';

/** Quality against one cost, which the person chooses. */
export function Chart({ result, metric }: { result: FrontierResult; metric: Criterion }) {
  const [title, setTitle] = useState(COSTS[0].title);
  const id = useId();
  const { points, choice } = result;
  if (points.length < 2) return null;
  const cost = COSTS.find((one) => one.title === title)!;
  const scene = costScene(points, (point) => choice !== null && samePoint(point, choice), cost, {
    quality: criterionName(metric),
    short: shortNames(points),
    ...{ width: 380, height: 260, colors: SCATTER_COLORS, ticks: { x: 4, y: 5 } },
  });
  return (
    <section className={css.frontier} aria-labelledby={`${id}-title`}>
      <div className={css.choices}>
        <h2 className={shared.heading} id={`${id}-title`}>
          Quality against cost
        </h2>
        <span>
          <label className={shared.label} htmlFor={id}>
            Cost
          </label>{' '}
          <select
            id={id}
            className={css.select}
            value={title}
            onChange={(event) => setTitle(event.currentTarget.value)}
          >
            {COSTS.map((one) => (
              <option key={one.title}>{one.title}</option>
            ))}
          </select>
        </span>
      </div>
      <div className={`${shared.card} ${css.chart}`}>
        {scene ? (
          <ScenePicture
            scene={scene}
            about={`${criterionName(metric)} against ${cost.axis.toLowerCase()} of each point; the table above has the figures`}
          />
        ) : (
          <p className={shared.faint}>It is known of fewer than two points.</p>
        )}
      </div>
    </section>
  );
}
