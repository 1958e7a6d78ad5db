import type { ReactNode } from 'react';
import type { ObjectiveName } from '../../objectives/names.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import type { Estimate, RunCost } from '../../worker/api/api.ts';
import { bytes, count, parameters, percent } from '../shared/format.ts';
import { bytesOf } from '../state/memory.ts';
import css from './setup.module.css';
import { PASSES, STEP_TIME } from './step-time.ts';

/** What a method or an objective costs beside the usual one: memory and counts as planned for what is open, time as measured. */

/** A picture, and lines beside it. */
export function Cost({ picture, lines }: { picture: ReactNode; lines: readonly string[] }) {
  return (
    <div className={css.cost}>
      {picture}
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </div>
  );
}

/** @param tokens mean of the rows that are open, where there are any */
export function methodCost(
  { method, virtualTokens }: Pick<RunSettings, 'method' | 'virtualTokens'>,
  estimate: Estimate | null,
  tokens: number | null,
): string[] {
  if (method === 'lora')
    return estimate
      ? [
          `${bytes(bytesOf(estimate.memory))} of memory`,
          `${parameters(estimate.trainableParameters)} trained`,
        ]
      : ['What the others are compared with'];
  const lora = estimate?.beside.lora;
  const measured = STEP_TIME[method];
  const longer = method === 'prompt' || method === 'prefix' ? virtualTokens : 0;
  return [
    ...(measured ? [`A step takes ${measured.join(' to ')}\u00a0times LoRA’s`] : []),
    ...(longer > 0 && tokens !== null && tokens > 0
      ? [
          `Rows of ${percent(longer / tokens)} more tokens: ${count(longer)} beside ${count(tokens)} on average`,
        ]
      : []),
    ...(estimate && lora
      ? [
          memoryBeside(estimate, lora, 'LoRA'),
          `${parameters(estimate.trainableParameters)} trained, LoRA ${parameters(lora.trainableParameters)}`,
        ]
      : []),
  ];
}

export function objectiveCost(objective: ObjectiveName, estimate: Estimate | null): string[] {
  if (objective === 'sft') return ['One pass and its gradient a step: what the others are compared with'];
  const supervised = estimate?.beside.supervised;
  return [
    PASSES[objective],
    ...(estimate && supervised ? [memoryBeside(estimate, supervised, 'supervised')] : []),
  ];
}

/** `48 MB of memory, 3 MB more than LoRA`. */
function memoryBeside(own: RunCost, other: RunCost, name: string): string {
  const [here, there] = [bytesOf(own.memory), bytesOf(other.memory)];
  const apart = Math.abs(here - there);
  const compared =
    apart < 0.005 * there
      ? `as much as ${name}`
      : `${bytes(apart)} ${here > there ? 'more' : 'less'} than ${name}`;
  return `${bytes(here)} of memory, ${compared}`;
}
