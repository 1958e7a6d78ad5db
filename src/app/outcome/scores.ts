import { percent } from '../shared/format.ts';

/** Loss per token, in nats, from which a base is a stranger to a text: it gives the right token less than 1 in 90. */
const STRANGE = 4.5;
/** Smaller changes of the loss, relative or in nats, are noise on so few rows. */
const SAME = 0.02;
const SAME_NATS = 0.01;

/**
 * What training cost on general text, in words: by how much the loss rose. A fall is no gain to boast of, since the rows
 * are few and plain; and where the base hardly knows such text there is nothing to lose, so that nothing is shown.
 */
export function costWords(before: number, after: number): string {
  if (before > STRANGE) return 'says little: the base model hardly knows such text';
  const change = after / before - 1;
  if (Math.abs(after - before) <= SAME_NATS) return 'unchanged';
  if (change >= 1) return `worse: ${Number((after / before).toPrecision(2))} times the loss`;
  if (change > SAME) return `worse by ${percent(change)}`;
  return change < -SAME ? 'no loss' : 'unchanged';
}
