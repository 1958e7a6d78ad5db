import type { ReactNode } from 'react';
import { MethodPicture } from '../drawing/method-picture.tsx';
import { Arrow, Box, Letter, Picture, Stroke, Tokens } from '../drawing/strokes.tsx';
import type { PictureName } from './picture-names.ts';

/** Small pictures of ideas, as those of methods and objectives are drawn; amber is held out, as everywhere. */

const AXES = 'M6 4V54H128';
const HELD = { fill: 'var(--held-soft)', stroke: 'var(--held)' };

/** A row of the data: a thin bar. */
function Row({ x, y, width, held }: { x: number; y: number; width: number; held?: boolean }) {
  return held ? (
    <rect x={x + 0.5} y={y + 0.5} width={width} height={5} rx="1" {...HELD} />
  ) : (
    <Box at={[x, y, width + 1, 6]} />
  );
}

function Dot({ x, y, held }: { x: number; y: number; held?: boolean }) {
  return <circle cx={x} cy={y} r="3" fill={held ? 'var(--held)' : 'var(--accent)'} />;
}

/** Rightwards, with its head at x. */
function To({ x, y, from, held }: { x: number; y: number; from: number; held?: boolean }) {
  return (
    <path
      d={`M${from} ${y}H${x}m-4 -3l4 3l-4 3`}
      fill="none"
      stroke={held ? 'var(--held)' : 'var(--line-strong)'}
    />
  );
}

/** Bars from the left, the first of them learned. */
function Bars({ lengths }: { lengths: readonly number[] }) {
  return lengths.map((length, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they never move
    <Box key={i} at={[8, 4 + 14 * i, length, 9]} learned={i === 0} />
  ));
}

const SHARES = [0.9, 0.5, 0.3, 0.7, 0.2, 0.4, 0.6, 1, 0.3, 0.1, 0.5, 0.2, 0.4, 0.8, 0.2, 0.6, 0.3, 0.1];

const DRAWN: Readonly<Record<PictureName, { label: string; draw: () => ReactNode }>> = {
  adapter: {
    label: 'Two small matrices, A and B, beside a frozen weight W',
    draw: () => <MethodPicture method="lora" />,
  },
  batch: {
    label: 'Some rows, taken together for one step',
    draw: () => (
      <>
        {[0, 1, 2, 3, 4, 5].map((i) => (
          <Row key={i} x={8} y={4 + 9 * i} width={[44, 30, 50, 38, 46, 26][i]} />
        ))}
        <rect
          x="4.5"
          y="9.5"
          width="60"
          height="31"
          rx="3"
          fill="none"
          stroke="var(--accent)"
          strokeDasharray="3 3"
        />
        <To from={68} x={86} y={25} />
        <Box at={[88, 14, 38, 22]} learned>
          step
        </Box>
      </>
    ),
  },
  best: {
    label: 'The training loss falls on; the held-out loss falls, then rises, and its lowest point is marked',
    draw: () => (
      <>
        <Stroke d={AXES} />
        <Stroke d="M8 8C28 40 60 48 126 50" learned />
        <path
          d="M8 6C26 34 48 38 66 36S110 22 126 14"
          fill="none"
          stroke="var(--held)"
          strokeDasharray="1 4"
          strokeLinecap="round"
          strokeWidth="2"
        />
        <Dot x={58} y={36} held />
      </>
    ),
  },
  chance: {
    label: 'Thirteen tokens, one of them the right one',
    draw: () => (
      <>
        <Tokens y={26} given={12} answer={1} learned />
        <Letter x={66} y={12}>
          1 in 13
        </Letter>
      </>
    ),
  },
  enough: {
    label: 'A prompt with three examples in front of a question',
    draw: () => (
      <>
        {[0, 1, 2].map((i) => (
          <Row key={i} x={8} y={6 + 10 * i} width={54} />
        ))}
        <Box at={[8, 40, 55, 14]}>?</Box>
        <To from={68} x={84} y={30} />
        <Box at={[86, 12, 40, 36]}>model</Box>
      </>
    ),
  },
  epoch: {
    label: 'All rows, and around again',
    draw: () => (
      <>
        {[0, 1, 2, 3, 4].map((i) => (
          <Row key={i} x={14} y={6 + 10 * i} width={[50, 36, 56, 44, 30][i]} />
        ))}
        <Stroke d="M78 48H94A18 18 0 0 0 94 12H80m5 -4l-5 4l5 4" learned />
      </>
    ),
  },
  file: {
    label: 'The model is large and stays; the adapter is a small file of its own',
    draw: () => (
      <>
        <Box at={[6, 6, 56, 48]}>model</Box>
        <Letter x={74} y={30}>
          +
        </Letter>
        <path d="M90.5 14.5h16l8 8v23h-24zM106.5 14.5v8h8" fill="var(--accent-soft)" stroke="var(--accent)" />
      </>
    ),
  },
  frozen: {
    label: 'The layers of the model, none of which changes',
    draw: () => (
      <>
        {[4, 23, 42].map((y) => (
          <Box key={y} at={[22, y, 88, 14]} />
        ))}
        <Letter x={66} y={30}>
          W
        </Letter>
      </>
    ),
  },
  gradient: {
    label: 'A long arrow, of which a shorter part is followed',
    draw: () => (
      <>
        <Stroke d="M10 50L120 10" dashed />
        <Stroke d="M10 50L72 27.5m-6 -0.5l6 0.5l-3.6 4.6" learned />
        <Dot x={10} y={50} />
      </>
    ),
  },
  heldOut: {
    label: 'Most rows are learned; a few, in amber, are only measured',
    draw: () => (
      <>
        {[0, 1, 2, 3, 4, 5].map((i) => (
          <Row key={i} x={6} y={3 + 9.5 * i} width={[44, 34, 50, 40, 46, 32][i]} held={i > 3} />
        ))}
        <To from={58} x={72} y={18} />
        <To from={58} x={72} y={46} held />
        <Box at={[74, 7, 56, 22]} learned>
          learn
        </Box>
        <Box at={[74, 35, 56, 22]}>measure</Box>
      </>
    ),
  },
  layer: {
    label: 'Layers on top of each other, with text going up through all of them',
    draw: () => (
      <>
        {[4, 23, 42].map((y) => (
          <Box key={y} at={[20, y, 84, 14]}>
            layer
          </Box>
        ))}
        <Arrow x={116} y={54} by={48} />
      </>
    ),
  },
  learningRate: {
    label: 'Steps down into a valley',
    draw: () => (
      <>
        <Stroke d="M8 4Q66 106 124 4" />
        <Stroke d="M14 14L30 35L46 48L62 54" learned />
        <Dot x={14} y={14} />
        <Dot x={30} y={35} />
        <Dot x={46} y={48} />
        <Dot x={62} y={54} />
      </>
    ),
  },
  loss: {
    label: 'A curve that falls fast, then slowly',
    draw: () => (
      <>
        <Stroke d={AXES} />
        <Stroke d="M8 8C20 40 40 44 126 49" learned />
      </>
    ),
  },
  map: {
    label: 'Cells of a map, the stronger coloured the more that part has changed',
    draw: () =>
      SHARES.map((share, i) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: they never move
          key={i}
          x={8 + 20 * (i % 6)}
          y={4 + 18 * Math.floor(i / 6)}
          width="17"
          height="15"
          rx="2"
          fill={`color-mix(in srgb, var(--accent) ${Math.round(100 * share)}%, var(--line-soft))`}
        />
      )),
  },
  margin: {
    label: 'The better answer’s bar is longer than the worse one’s, by the margin',
    draw: () => (
      <>
        <Box at={[8, 8, 96, 14]} learned />
        <Box at={[8, 36, 48, 14]} />
        <Stroke d="M56 30V26M56 28H104M104 30V26" />
        <Stroke d="M104 22V50" dashed />
      </>
    ),
  },
  odds: {
    label: 'Four tokens with bars as long as they are likely',
    draw: () => <Bars lengths={[96, 44, 22, 10]} />,
  },
  packing: {
    label: 'Short rows beside each other in one place, and little that is empty',
    draw: () => (
      <>
        <Box at={[6, 10, 46, 14]} />
        <Box at={[54, 10, 30, 14]} learned />
        <Box at={[86, 10, 32, 14]} />
        <Stroke d="M120 10.5H126.5V23.5H120" dashed />
        <Box at={[6, 36, 66, 14]} learned />
        <Box at={[74, 36, 48, 14]} />
      </>
    ),
  },
  precision: {
    label: 'A straight line, and the same in a few steps',
    draw: () => (
      <>
        <Stroke d="M8 52L124 8" />
        <Stroke d="M8 50H28V42H48V34H68V26H88V18H108V10H124" learned />
      </>
    ),
  },
  rank: {
    label: 'Two thin matrices of a low rank, and two wide ones of a high rank',
    draw: () => (
      <>
        <Box at={[10, 6, 5, 34]} learned />
        <Box at={[18, 6, 34, 5]} learned />
        <Letter x={30} y={50}>
          rank 2
        </Letter>
        <Box at={[72, 6, 14, 34]} learned />
        <Box at={[89, 6, 34, 14]} learned />
        <Letter x={98} y={50}>
          rank 8
        </Letter>
      </>
    ),
  },
  schedule: {
    label: 'A line that falls from its peak to nothing',
    draw: () => (
      <>
        <Stroke d={AXES} />
        <Stroke d="M8 10L126 53" learned />
      </>
    ),
  },
  strength: {
    label: 'Bars from none to more than was trained, at strength 0, 1 and 1.5',
    draw: () => (
      <>
        <Stroke d="M8 44H124" />
        <Box at={[56, 18, 20, 26]} learned />
        <Box at={[98, 5, 20, 39]} learned />
        <Letter x={24} y={52}>
          0
        </Letter>
        <Letter x={66} y={52}>
          1
        </Letter>
        <Letter x={108} y={52}>
          1.5
        </Letter>
      </>
    ),
  },
  token: {
    label: 'The words “Ahoy, landlubber!” cut into five tokens',
    draw: () => (
      <>
        <Box at={[4, 20, 34, 20]}>Ahoy</Box>
        <Box at={[40, 20, 10, 20]}>,</Box>
        <Box at={[52, 20, 30, 20]}>land</Box>
        <Box at={[84, 20, 34, 20]}>lubber</Box>
        <Box at={[120, 20, 10, 20]}>!</Box>
      </>
    ),
  },
  virtualTokens: {
    label: 'Virtual tokens in front of the row’s own; the model is frozen',
    draw: () => <MethodPicture method="prompt" />,
  },
  warmup: {
    label: 'A line that rises quickly to its peak, then falls',
    draw: () => (
      <>
        <Stroke d={AXES} />
        <Stroke d="M8 52L30 10" learned />
        <Stroke d="M30 10L126 53" />
      </>
    ),
  },
};

export function TermPicture({ name }: { name: PictureName }) {
  const { label, draw: Draw } = DRAWN[name];
  // Those of methods bring their own frame.
  if (name === 'adapter' || name === 'virtualTokens') return <Draw />;
  return (
    <Picture label={label}>
      <Draw />
    </Picture>
  );
}
