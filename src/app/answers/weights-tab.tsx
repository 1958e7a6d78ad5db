import { percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './answers.module.css';
import { farthest } from './farthest.ts';

/** Modules shown; the map in the middle has them all. */
const SHOWN = 24;

/** The adapter's parts by how far they have moved. */
export function WeightsTab() {
  const movement = useApp(({ run }) => run.movement);
  if (!movement)
    return (
      <p className={shared.mute}>
        How much each part of the model changes is measured during a run. Nothing has changed yet.
      </p>
    );
  const { modules, targets } = farthest(movement, SHOWN);
  const top = modules[0]?.value ?? 0;
  return (
    <>
      <section aria-labelledby="by-target">
        <h2 className={shared.heading} id="by-target">
          By target <span>mean ‖ΔW‖ / ‖W‖ at step {movement.step}</span>
        </h2>
        <Bars rows={targets} top={targets[0]?.value ?? 0} />
      </section>
      <section aria-labelledby="by-module">
        <h2 className={shared.heading} id="by-module">
          Changed most <span>of {movement.modules.length} matrices</span>
        </h2>
        <Bars rows={modules} top={top} />
      </section>
    </>
  );
}

function Bars({ rows, top }: { rows: { name: string; value: number }[]; top: number }) {
  return (
    <ol className={css.bars}>
      {rows.map(({ name, value }) => (
        <li key={name}>
          <span className={shared.mono}>{name}</span>
          <i style={{ width: `${top > 0 ? (100 * value) / top : 0}%` }} />
          <span className={`${shared.mono} ${shared.mute}`}>{percent(value)}</span>
        </li>
      ))}
    </ol>
  );
}
