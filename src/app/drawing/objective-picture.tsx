import type { ObjectiveName } from '../../objectives/names.ts';
import { Arrow, Box, Letter, middleOf, Picture, Stroke, Tokens } from './strokes.tsx';

/** What each objective pulls at: arrows up are tokens that become likelier, arrows down unlikelier. */

const GIVEN = 4;
const ANSWER = 8;

/** An arrow over each token of an answer. */
function Pulls({ y, by }: { y: number; by: readonly number[] }) {
  return by.map((height, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: they never move
    <Arrow key={i} x={middleOf(GIVEN + i)} y={y} by={height} learned />
  ));
}

function Supervised() {
  return (
    <>
      <Tokens y={44} given={GIVEN} answer={ANSWER} learned />
      <Pulls y={41} by={Array(ANSWER).fill(24)} />
    </>
  );
}

/** Each token pulls by its own probability. */
function Dft() {
  return (
    <>
      <Tokens y={44} given={GIVEN} answer={ANSWER} learned />
      <Pulls y={41} by={[32, 26, 6, 28, 34, 8, 30, 22]} />
    </>
  );
}

/** A better and a worse answer to the same. */
function Two({ worse = 5 }: { worse?: number }) {
  return (
    <>
      <Tokens y={8} given={GIVEN} answer={5} learned />
      <Tokens y={44} given={GIVEN} answer={worse} />
    </>
  );
}

/** Both move apart from where the reference has them. */
function Dpo() {
  return (
    <>
      <Two />
      <Stroke d="M2 30H126" dashed />
      <Arrow x={108} y={28} by={22} learned />
      <Arrow x={108} y={32} by={-22} />
    </>
  );
}

/** … as far as a margin. */
function Ipo() {
  return (
    <>
      <Dpo />
      <Stroke d="M100 4h16M100 56h16" learned />
    </>
  );
}

/** The better answer is learned, and its odds over the worse; there is no reference. */
function Orpo() {
  return (
    <>
      <Two />
      {Array.from({ length: 5 }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they never move
        <Arrow key={i} x={middleOf(GIVEN + i)} y={30} by={10} learned />
      ))}
      <Arrow x={108} y={28} by={22} learned />
      <Arrow x={108} y={32} by={-22} />
    </>
  );
}

/** Means over answers of any length, apart by γ. */
function Simpo() {
  return (
    <>
      <Two worse={7} />
      <Stroke d="M42 22h48" learned />
      <Stroke d="M42 38h68" />
      <Stroke d="M114 22v16M111 22h6M111 38h6" />
      <Letter x={123} y={30}>
        γ
      </Letter>
    </>
  );
}

/** Answers that were judged one by one. */
function Kto() {
  return (
    <>
      {[
        { y: 4, good: true },
        { y: 26, good: false },
        { y: 48, good: true },
      ].map(({ y, good }) => (
        <g key={y}>
          <Tokens y={y} given={3} answer={5} learned={good} />
          <Stroke d={good ? `M92 ${y + 4}l4 4l8 -9` : `M93 ${y}l9 9m0 -9l-9 9`} learned={good} />
        </g>
      ))}
    </>
  );
}

/** What a model finds likely at a token, as bars. */
function Likely({ x, learned }: { x: number; learned?: boolean }) {
  return [26, 16, 10, 6, 3].map((height, i) => (
    <Box key={height} at={[x + 8 * i, 40 - height, 7, height]} learned={learned} />
  ));
}

/** All that the teacher finds likely. */
function Distil() {
  return (
    <>
      <Likely x={4} />
      <Stroke d="M52 28H76m-4 -4l4 4l-4 4" />
      <Likely x={86} learned />
      <Letter x={22} y={50}>
        teacher
      </Letter>
      <Letter x={106} y={50} learned>
        student
      </Letter>
    </>
  );
}

/** What the model says with the prompt, it learns to say without. */
function Bake() {
  return (
    <>
      <Box at={[2, 4, 46, 16]}>prompt</Box>
      <Tokens x={52} y={8} given={2} answer={5} />
      <Stroke d="M99 24V36m-4 -4l4 4l4 -4" />
      <Tokens x={52} y={44} given={2} answer={5} learned />
    </>
  );
}

const DRAWN: Readonly<Record<ObjectiveName, { label: string; draw: () => React.ReactNode }>> = {
  sft: { label: 'Every token of the answer is pulled up alike', draw: Supervised },
  dft: { label: 'Every token of the answer is pulled up, an unlikely one less', draw: Dft },
  dpo: {
    label: 'The better answer is pulled up and the worse down, from where a reference has them',
    draw: Dpo,
  },
  ipo: { label: 'The better answer is pulled up and the worse down, as far as a margin', draw: Ipo },
  orpo: {
    label: 'The better answer is learned token by token, and pulled above the worse; there is no reference',
    draw: Orpo,
  },
  simpo: { label: 'The means over both answers are pulled apart by gamma', draw: Simpo },
  kto: { label: 'Answers that are marked good are pulled up, those marked bad down', draw: Kto },
  distil: { label: 'The student’s probabilities become those of the teacher', draw: Distil },
  bake: { label: 'Without the prompt the same answer becomes as likely as with it', draw: Bake },
};

export function ObjectivePicture({ objective }: { objective: ObjectiveName }) {
  const { label, draw: Draw } = DRAWN[objective];
  return (
    <Picture label={label}>
      <Draw />
    </Picture>
  );
}
