import type { ReactNode } from 'react';

/**
 * What the small pictures of methods and objectives are made of. Grey is frozen or given, the accent is what is trained
 * or learned; letters and shapes say the same without colours.
 */

const FROZEN = { fill: 'var(--base-soft)', stroke: 'var(--base)' };
const LEARNED = { fill: 'var(--accent-soft)', stroke: 'var(--accent)' };

const paint = (learned: boolean | undefined) => (learned ? LEARNED : FROZEN);

/** 132 × 60, drawn in its own size. */
export function Picture({ label, children }: { label: string; children: ReactNode }) {
  return (
    <svg viewBox="0 0 132 60" width="132" height="60" role="img" aria-label={label}>
      {children}
    </svg>
  );
}

export function Box({
  at: [x, y, width, height],
  learned,
  children,
}: {
  at: readonly [x: number, y: number, width: number, height: number];
  learned?: boolean;
  children?: string;
}) {
  return (
    <>
      <rect x={x + 0.5} y={y + 0.5} width={width - 1} height={height - 1} rx="2" {...paint(learned)} />
      {children && (
        <Letter x={x + width / 2} y={y + height / 2} learned={learned}>
          {children}
        </Letter>
      )}
    </>
  );
}

/** Any closed shape. */
export function Shape({ points, learned }: { points: string; learned?: boolean }) {
  return <polygon points={points} strokeLinejoin="round" {...paint(learned)} />;
}

/** A path without an area. */
export function Stroke({ d, learned, dashed }: { d: string; learned?: boolean; dashed?: boolean }) {
  return (
    <path
      d={d}
      fill="none"
      stroke={learned ? 'var(--accent)' : 'var(--line-strong)'}
      strokeDasharray={dashed ? '3 3' : undefined}
    />
  );
}

export function Letter(props: { x: number; y: number; learned?: boolean; children: string }) {
  return (
    <text
      x={props.x}
      y={props.y + 4}
      textAnchor="middle"
      fontSize="11"
      fill={props.learned ? 'var(--accent-ink)' : 'var(--ink-2)'}
    >
      {props.children}
    </text>
  );
}

/** A circle in which two lines meet: `+`, `×`. */
export function Joint({ x, y, children }: { x: number; y: number; children: string }) {
  return (
    <>
      <circle cx={x} cy={y} r="6.5" fill="var(--panel)" stroke="var(--line-strong)" />
      <Letter x={x} y={y}>
        {children}
      </Letter>
    </>
  );
}

/** An arrow of this height, up where it is positive. */
export function Arrow({ x, y, by, learned }: { x: number; y: number; by: number; learned?: boolean }) {
  const back = by > 0 ? 3 : -3;
  return <Stroke d={`M${x} ${y}v${-by}m-3 ${back}l3 ${-back}l3 ${back}`} learned={learned} />;
}

const TOKEN = 8;
const STEP = TOKEN + 2;

/** A row of tokens: so many that are given, then so many of an answer. */
export function Tokens({
  x = 2,
  y,
  given,
  answer,
  learned = false,
}: {
  x?: number;
  y: number;
  given: number;
  answer: number;
  learned?: boolean;
}) {
  return Array.from({ length: given + answer }, (_, i) => (
    <rect
      // Tokens of a picture have no name but their place.
      // biome-ignore lint/suspicious/noArrayIndexKey: they never move
      key={i}
      x={x + i * STEP + 0.5}
      y={y + 0.5}
      width={TOKEN - 1}
      height={TOKEN - 1}
      rx="1"
      {...(i < given ? { fill: 'none', stroke: 'var(--base)' } : paint(learned))}
    />
  ));
}

/** The middle of a token. */
export function middleOf(token: number, x = 2): number {
  return x + token * STEP + TOKEN / 2;
}
