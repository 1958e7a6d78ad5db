import { UserError } from '../errors.ts';
import type { Way } from './way.ts';
import { dare, dareTies, magnitude, ties } from './ways/mergekit.ts';
import { PEFT_WAYS } from './ways/peft.ts';
import { slerp } from './ways/slerp.ts';
import { cat, sum, taskArithmetic } from './ways/sums.ts';

/** Every way to merge. To add one: a file in ways/, and its line here. */
export const WAYS: readonly Way[] = [
  sum,
  cat,
  ties,
  dare,
  dareTies,
  magnitude,
  slerp,
  taskArithmetic,
  ...PEFT_WAYS,
];

/** @throws UserError `bad-merge` */
export function wayOf(id: string): Way {
  const found = WAYS.find((way) => way.id === id);
  if (found) return found;
  throw new UserError(
    'bad-merge',
    `There is no way “${id}” to merge adapters. Nothing was written. Choose one of ${WAYS.map((way) => way.id).join(', ')}.`,
  );
}
