import { movementWords } from '../drawing/movement-words.ts';
import { Term } from '../glossary/term.tsx';
import { useMovement } from '../scrub/movement-at.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import { useThen } from '../state/then.ts';
import css from './answers.module.css';
import { farthest } from './farthest.ts';

/** Modules shown; the map in the middle has them all. */
const SHOWN = 24;

/** The adapter's parts by how far they have moved. */
export function WeightsTab() {
  const movement = useMovement();
  const method = useApp(({ runSettings, settings }) => (runSettings ?? settings).method);
  const words = movementWords(method);
  const step = useThen((then) => then.step);
  if (!movement)
    return (
      <p className={shared.mute}>
        {step === null
          ? 'How much each part of the model changes is measured during a run. Nothing has changed yet.'
          : `How much each part had changed at step ${count(step)} is not measured yet.`}
      </p>
    );
  const { modules, targets } = farthest(movement, SHOWN, words.first);
  const top = modules[0]?.value ?? 0;
  return (
    <>
      <section aria-labelledby="by-target">
        <h2 className={shared.heading} id="by-target">
          <Term term="targets">By target</Term>{' '}
          <span>
            mean {words.measure} at step {movement.step}
          </span>
        </h2>
        <Bars rows={targets} top={targets[0]?.value ?? 0} show={words.show} />
      </section>
      <section aria-labelledby="by-module">
        <h2 className={shared.heading} id="by-module">
          <Term term="movement">Changed most</Term>{' '}
          <span>
            of {movement.modules.length} {words.parts}
          </span>
        </h2>
        <Bars rows={modules} top={top} show={words.show} />
      </section>
    </>
  );
}

function Bars({
  rows,
  top,
  show,
}: {
  rows: { name: string; value: number }[];
  top: number;
  show(value: number): string;
}) {
  return (
    <ol className={css.bars}>
      {rows.map(({ name, value }) => (
        <li key={name}>
          <span className={shared.mono}>{name}</span>
          <i style={{ width: `${top > 0 ? (100 * value) / top : 0}%` }} />
          <span className={`${shared.mono} ${shared.mute}`}>{show(value)}</span>
        </li>
      ))}
    </ol>
  );
}
