import { labelledLayers, movementGrid } from '../drawing/movement-grid.ts';
import { percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { shortTarget } from '../shared/target-name.ts';
import { useApp } from '../state/store.ts';
import css from './charts.module.css';

/** Layers × targets: the stronger the accent, the farther the adapter moves that part of the model. */
export function MovementMap() {
  const movement = useApp(({ run }) => run.movement);
  const model = useApp((state) => state.model);
  const settings = useApp((state) => state.runSettings ?? state.settings);
  // Other methods change no weight by a matrix whose length could be told.
  if (!model || ['ia3', 'prompt', 'prefix'].includes(settings.method)) return null;
  const chosen = settings.targets ?? model.defaultTargets;
  const known = movement ?? still(model.layers, chosen);
  const grid = movementGrid(known, model.targets);
  const top = grid.most?.value ?? 0;
  const labels = labelledLayers(grid.layers);
  return (
    <div className={`${shared.card} ${css.map}`}>
      <div className={shared.between}>
        <h2 className={shared.heading}>
          How much each part has changed <span>‖ΔW‖ / ‖W‖</span>
        </h2>
        <span className={css.scale}>
          0<i aria-hidden="true" />
          {movement ? percent(top) : '—'}
        </span>
      </div>
      <div
        className={css.grid}
        style={{ gridTemplateColumns: `max-content repeat(${grid.layers}, minmax(0, 1fr))` }}
        role="img"
        aria-label={
          grid.most && movement
            ? `Most in layer ${grid.most.layer}, ${grid.most.target}: ${percent(top)}`
            : 'Not measured yet'
        }
      >
        {grid.targets.map((target, row) => [
          <span key={target} className={css.target}>
            {shortTarget(target)}
          </span>,
          ...grid.values[row].map((value, layer) => (
            <i
              // A layer has no name but its number.
              // biome-ignore lint/suspicious/noArrayIndexKey: layers never move
              key={`${target} ${layer}`}
              title={value === null || !movement ? undefined : `layer ${layer}, ${target}: ${percent(value)}`}
              style={{ '--share': value === null || top === 0 ? 0 : value / top } as React.CSSProperties}
            />
          )),
        ])}
        <span />
        {grid.values[0]?.map((_, layer) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: layers never move
          <span key={layer} className={css.layer}>
            {labels.has(layer) ? layer : ''}
          </span>
        ))}
      </div>
    </div>
  );
}

/** Where nothing has moved: the same cells, so that the map does not jump when it is first measured. */
function still(layers: number, targets: readonly string[]) {
  const modules = Array.from({ length: layers }, (_, layer) =>
    targets.map((target) => ({ layer, target })),
  ).flat();
  return { modules, values: modules.map(() => 0) };
}
