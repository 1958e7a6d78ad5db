import { Modal } from '@mantine/core';
import type { DeviceCheck } from '../../worker/api/api.ts';
import { checkDevice } from '../actions/check.ts';
import { lossRange } from '../drawing/aligned.ts';
import { linePath } from '../drawing/line-path.ts';
import { duration, loss } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useCheck } from '../state/check.ts';
import css from './check.module.css';
import { errorText, isRight } from './verdict.ts';

/** Thirty committed steps on this device with PyTorch's losses under ours: whether its numbers are right. */
export default function CheckDialog() {
  const { open, work, result, error } = useCheck();
  return (
    <Modal.Root opened={open} onClose={() => useCheck.setState({ open: false })} size={560}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={shared.dialogHead}>
          <Modal.Title>Are the numbers right on this device?</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body className={css.body}>
          <p className={shared.mute}>
            A small model trains 30 steps on your device. The grey line is PyTorch’s result for the same
            steps.
          </p>
          {error && (
            <Trouble
              error={error}
              what="The check was not finished."
              next={{ label: 'Check again', run: () => void checkDevice() }}
            />
          )}
          {work && (
            <p role="status">
              {work.what}
              {work.total ? `, ${work.done} of ${work.total}` : ' …'}
            </p>
          )}
          {result && <Result result={result} />}
          {result && !work && (
            <button type="button" className={shared.button} onClick={() => void checkDevice()}>
              Check again
            </button>
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Result({ result }: { result: DeviceCheck }) {
  const right = isRight(result);
  const rows: [string, number][] = [
    ['Loss of each step', result.lossError],
    ['Gradient norm', result.gradientError],
    ['Logits, before and after', result.logitError],
  ];
  return (
    <>
      <p className={right ? css.right : css.wrong} role="status">
        {right
          ? `The numbers are right on ${result.name}.`
          : `The numbers are wrong on ${result.name}: do not trust what it trains. Update the browser and the graphics driver, or add #device=wasm to the address to train on the processor.`}
      </p>
      <Curves result={result} />
      <table className={css.errors}>
        <thead>
          <tr>
            <th scope="col">largest difference from PyTorch</th>
            <th scope="col">relative</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{errorText(value)}</td>
            </tr>
          ))}
          {result.kernels.map(({ op, name, error }) => (
            <tr key={`${op} ${name}`}>
              <th scope="row">
                <span className={shared.mono}>
                  {op} {name}
                </span>{' '}
                <span className={shared.faint}>against float64</span>
              </th>
              <td>{errorText(error)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={shared.faint}>
        It took {duration(result.seconds)}, including compilation
        {result.kernels.length === 0 && '; on the processor there are no custom kernels to check'}.
      </p>
    </>
  );
}

const WIDTH = 520;
const HEIGHT = 140;

function Curves({ result: { ours, theirs } }: { result: DeviceCheck }) {
  const steps = theirs.map((_, i) => i + 1);
  const all = [...ours, ...theirs].filter(Number.isFinite);
  const [low, high] = lossRange(Math.min(...all), Math.max(...all));
  const frame = {
    width: WIDTH,
    height: HEIGHT,
    x: [1, steps.length] as [number, number],
    y: [low, high] as [number, number],
  };
  return (
    <figure className={css.figure}>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width="100%"
        role="img"
        aria-label={`Losses of ${steps.length} steps, from ${loss(ours[0])} to ${loss(ours[ours.length - 1])}; PyTorch’s from ${loss(theirs[0])} to ${loss(theirs[theirs.length - 1])}`}
      >
        <path className={css.theirs} d={linePath(steps, theirs, frame)} />
        <path className={css.ours} d={linePath(steps, ours, frame)} />
      </svg>
      <figcaption>
        <span className={css.theirsKey}>PyTorch</span>
        <span>this device</span>
      </figcaption>
    </figure>
  );
}
