import type { MethodId } from '../../methods/types.ts';
import { Arrow, Box, Joint, Letter, middleOf, Picture, Shape, Stroke, Tokens } from './strokes.tsx';

/** What each method trains in a block of the model, or in front of it. */

/** A frozen weight, and A and B that go around it to the same sum. */
function Beside({ end }: { end: number }) {
  return (
    <>
      <Stroke d={`M2 30H12V16H24M12 30V46H24M64 16H82V24M64 46H82V36M88 30H${end}`} />
      <Box at={[24, 4, 40, 24]}>W</Box>
      <Shape points="24,36 42,41 42,51 24,56" learned />
      <Shape points="46,41 64,36 64,56 46,51" learned />
      <Letter x={33} y={46} learned>
        A
      </Letter>
      <Letter x={55} y={46} learned>
        B
      </Letter>
      <Joint x={82} y={30}>
        +
      </Joint>
    </>
  );
}

function Lora() {
  return <Beside end={130} />;
}

/** The sum is given another length, row by row. */
function Dora() {
  return (
    <>
      <Beside end={130} />
      <Joint x={106} y={30}>
        ×
      </Joint>
      <Stroke d="M106 22V18" learned />
      <Box at={[98, 2, 16, 16]} learned>
        m
      </Box>
    </>
  );
}

/** One factor for each output. */
function Ia3() {
  return (
    <>
      <Stroke d="M2 36H24M64 36H130" />
      <Box at={[24, 24, 40, 24]}>W</Box>
      <Joint x={90} y={36}>
        ×
      </Joint>
      <Stroke d="M90 28V22" learned />
      <Box at={[84, 4, 12, 18]} learned>
        l
      </Box>
    </>
  );
}

/** Embeddings in front of the row, which enter the first block as its own do. */
function Prompt() {
  const virtual = 4;
  return (
    <>
      <Box at={[2, 4, 128, 22]}>model</Box>
      {Array.from({ length: 13 }, (_, i) => (
        <Stroke
          // biome-ignore lint/suspicious/noArrayIndexKey: they never move
          key={i}
          d={`M${middleOf(i)} 44V30`}
          learned={i < virtual}
        />
      ))}
      <Tokens y={44} given={0} answer={virtual} learned />
      <Tokens x={2 + 10 * virtual} y={44} given={0} answer={9} />
    </>
  );
}

/** Keys and values in every layer, which the row's tokens see in front of their own. */
function Prefix() {
  return (
    <>
      {[2, 22, 42].map((y) => (
        <g key={y}>
          <Box at={[2, y, 16, 15]} learned>
            K
          </Box>
          <Box at={[20, y, 16, 15]} learned>
            V
          </Box>
          <Box at={[42, y, 88, 15]} />
        </g>
      ))}
      <Letter x={86} y={9}>
        layer
      </Letter>
      <Arrow x={86} y={41} by={3} />
      <Arrow x={86} y={21} by={3} />
    </>
  );
}

const DRAWN: Readonly<Record<MethodId, { label: string; draw: () => React.ReactNode }>> = {
  lora: { label: 'Two small matrices, A and B, beside a frozen weight W', draw: Lora },
  dora: {
    label: 'Two small matrices, A and B, beside a frozen weight W, and a length m for each row of their sum',
    draw: Dora,
  },
  ia3: { label: 'One factor l for each output of a frozen weight W', draw: Ia3 },
  prompt: { label: 'Virtual tokens in front of the row’s own; the model is frozen', draw: Prompt },
  prefix: {
    label: 'Keys K and values V in front of those of every layer; the layers are frozen',
    draw: Prefix,
  },
};

export function MethodPicture({ method }: { method: MethodId }) {
  const { label, draw: Draw } = DRAWN[method];
  return (
    <Picture label={label}>
      <Draw />
    </Picture>
  );
}
