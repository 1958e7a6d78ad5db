import type { RunSettings } from '../../run/settings/list.ts';
import type { ModelInfo } from '../../worker/api/api.ts';
import { labelledLayers, movementGrid } from '../drawing/movement-grid.ts';
import { movementWords } from '../drawing/movement-words.ts';
import { Term } from '../glossary/term.tsx';
import { useMovement } from '../scrub/movement-at.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { shortTarget } from '../shared/target-name.ts';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import css from './charts.module.css';

/** Columns between which there is room; a prompt may have a thousand tokens. */
const MOST_APART = 80;

/** Layers × targets, or what a method has instead: the stronger the accent, the farther that part has moved. */
export function MovementMap() {
  const movement = useMovement();
  const step = useThen((then) => then.step);
  const model = useApp((state) => state.model);
  const settings = useApp((state) => state.runSettings ?? state.settings);
  if (!model) return null;
  const words = movementWords(settings.method);
  const known = movement ?? still(model, settings);
  const grid = movementGrid(known, model.targets);
  const top = grid.most?.value ?? 0;
  const labels = labelledLayers(grid.layers);
  return (
    <div className={`${shared.card} ${css.map}`}>
      <div className={shared.between}>
        <h2 className={shared.heading}>
          <Term term="movement">{words.title}</Term>{' '}
          <span>
            {words.measure}
            {step !== null && ` at step ${count(step)}`}
          </span>
        </h2>
        <span className={css.scale}>
          0<i aria-hidden="true" />
          {movement ? words.show(top) : '—'}
        </span>
      </div>
      <div
        className={css.grid}
        style={{
          gridTemplateColumns: `max-content repeat(${grid.layers}, minmax(0, 1fr))`,
          ...(grid.layers > MOST_APART && { columnGap: 0 }),
        }}
        role="img"
        aria-label={
          grid.most && movement
            ? `Most in ${words.column} ${grid.most.layer + words.first}, ${grid.most.target}: ${words.show(top)}`
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
              title={
                value === null || !movement
                  ? undefined
                  : `${words.column} ${layer + words.first}, ${target}: ${words.show(value)}`
              }
              style={{ '--share': value === null || top === 0 ? 0 : value / top } as React.CSSProperties}
            />
          )),
        ])}
        <span />
        {grid.values[0]?.map((_, layer) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: layers never move
          <span key={layer} className={css.layer}>
            {labels.has(layer) ? layer + words.first : ''}
          </span>
        ))}
      </div>
      {words.note && <p className={shared.label}>{words.note}</p>}
    </div>
  );
}

/** Where nothing has moved: the same cells, so that the map does not jump when it is first measured. */
function still(
  { layers, defaultTargets }: Pick<ModelInfo, 'layers' | 'defaultTargets'>,
  { method, targets, virtualTokens }: Pick<RunSettings, 'method' | 'targets' | 'virtualTokens'>,
) {
  const columns = method === 'prompt' ? virtualTokens : layers;
  const rows =
    method === 'prompt' ? ['prompt'] : method === 'prefix' ? ['keys', 'values'] : (targets ?? defaultTargets);
  const modules = Array.from({ length: columns }, (_, layer) =>
    rows.map((target) => ({ layer, target })),
  ).flat();
  return { modules, values: modules.map(() => 0) };
}
