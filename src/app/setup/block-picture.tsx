import type { KeyboardEvent } from 'react';
import { shortTarget } from '../shared/target-name.ts';
import css from './setup.module.css';

/** The seven linear layers of a block where the drawing has them: x, y, width. */
const PLACES: Record<string, { x: number; y: number; width: number; name: string }> = {
  q_proj: { x: 44, y: 6, width: 56, name: 'q' },
  k_proj: { x: 44, y: 38, width: 56, name: 'k' },
  v_proj: { x: 44, y: 70, width: 56, name: 'v' },
  o_proj: { x: 114, y: 38, width: 44, name: 'o' },
  gate_proj: { x: 186, y: 22, width: 50, name: 'gate' },
  up_proj: { x: 186, y: 74, width: 50, name: 'up' },
  down_proj: { x: 244, y: 48, width: 44, name: 'down' },
};

/** A block of the model as a picture: click a layer to give it an adapter, or take it away. */
export function BlockPicture(props: {
  targets: readonly string[];
  chosen: readonly string[];
  locked: boolean;
  onChange(chosen: string[]): void;
}) {
  const drawn = props.targets.every((target) => target in PLACES);
  const places = drawn ? PLACES : rowOf(props.targets);
  const toggle = (target: string) => {
    if (props.locked) return;
    const next = props.chosen.includes(target)
      ? props.chosen.filter((other) => other !== target)
      : props.targets.filter((other) => other === target || props.chosen.includes(other));
    // One layer at least: an adapter of nothing cannot be trained.
    if (next.length > 0) props.onChange(next);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be the picture itself
    <svg
      className={css.block}
      viewBox={drawn ? '0 0 290 128' : '0 0 290 40'}
      role="group"
      aria-label="Target modules"
    >
      {drawn && (
        <>
          <path d="M8 51H30M158 51H172" stroke="var(--line)" strokeWidth="2" />
          <path
            d="M30 19V83M30 19H44M30 51H44M30 83H44M100 19h7v64h-7M100 51h14"
            fill="none"
            stroke="var(--line)"
          />
          <path d="M172 35V87M172 35h14M172 87h14M236 35h4v52h-4M240 61h4" fill="none" stroke="var(--line)" />
          <text x="100" y="120" textAnchor="middle" fontSize="11" fill="var(--ink-3)">
            attention
          </text>
          <text x="232" y="120" textAnchor="middle" fontSize="11" fill="var(--ink-3)">
            feed-forward
          </text>
        </>
      )}
      {props.targets.map((target) => (
        <Box
          key={target}
          place={places[target]}
          target={target}
          on={props.chosen.includes(target)}
          locked={props.locked}
          onToggle={() => toggle(target)}
        />
      ))}
    </svg>
  );
}

/** Families with other layers get them in a row. */
function rowOf(targets: readonly string[]): typeof PLACES {
  const width = (290 - 4 * (targets.length - 1)) / targets.length;
  return Object.fromEntries(
    targets.map((target, i) => [target, { x: i * (width + 4), y: 7, width, name: shortTarget(target) }]),
  );
}

function Box(props: {
  place: { x: number; y: number; width: number; name: string };
  target: string;
  on: boolean;
  locked: boolean;
  onToggle(): void;
}) {
  const { x, y, width, name } = props.place;
  const press = (event: KeyboardEvent) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    event.preventDefault();
    event.stopPropagation();
    props.onToggle();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: an HTML checkbox cannot stand inside an SVG picture
    <g
      className={css.target}
      role="checkbox"
      aria-checked={props.on}
      aria-disabled={props.locked || undefined}
      aria-label={props.target}
      tabIndex={0}
      onClick={props.onToggle}
      onKeyDown={press}
    >
      <rect x={x + 0.5} y={y + 0.5} width={width - 1} height={25} rx={4} />
      <rect className={css.mark} x={x + width - 14} y={y + 5} width={3} height={16} rx={1} />
      <rect className={css.mark} x={x + width - 9} y={y + 5} width={5} height={3} rx={1} />
      <text x={x + width / 2 - (props.on ? 6 : 0)} y={y + 17} textAnchor="middle">
        {name}
      </text>
    </g>
  );
}
