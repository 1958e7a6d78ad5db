import type { ExperimentId, KeptData } from '../../worker/api/api.ts';
import { bytes, plural } from '../shared/format.ts';

/**
 * What this browser keeps of a person's, in words.
 * @param examples how many of them that the person typed are kept
 * @param signs whether the key is kept that score cards are signed with
 */
export function keptText(
  { run, history, experiments, models, openData, kernels }: KeptData,
  examples: number,
  signs = false,
): string {
  const parts = [
    run && `the unfinished run “${run.name}” with its data (${bytes(run.bytes)})`,
    history.count > 0 &&
      `${plural(history.count, 'past run')} with curve and adapter${expectationsText(history)} (${bytes(history.bytes)})`,
    ...experiments.map(
      (one) => `${CALLED[one.id]} “${one.name}” with its rows and answers (${bytes(one.bytes)})`,
    ),
    models.count > 0 && `${plural(models.count, 'model')} from the hub (${bytes(models.bytes)})`,
    examples > 0 && `${plural(examples, 'example')} that you typed`,
    signs && 'the key that your score cards are signed with',
    openData > 0 && `the rows of a large file while it is open (${bytes(openData)})`,
    kernels && 'which kernels are fastest here',
  ].filter(Boolean);
  return parts.length > 0 ? `${parts.join(', ')}.` : 'nothing.';
}

/** What each experiment of the lab is called, before what it was measured on. */
const CALLED: Record<ExperimentId, string> = {
  ladder: 'the ladder of',
  distil: 'the distillation of',
  tasks: 'the comparison of the tasks',
  frontier: 'the models on',
};

function expectationsText({ expectations }: KeptData['history']): string {
  return expectations > 0 ? ` and ${plural(expectations, 'expectation')}` : '';
}

/** The question before what is kept is erased with a choice; null where nothing would be missed. */
export function eraseQuestion(
  { run, history, experiments, models }: KeptData,
  examples: number,
  signs = false,
): string | null {
  const parts = [
    run && `the unfinished run “${run.name}” (${bytes(run.bytes)})`,
    history.count > 0 &&
      `${plural(history.count, 'past run')}${expectationsText(history)} (${bytes(history.bytes)})`,
    ...experiments.map((one) => `${CALLED[one.id]} “${one.name}” (${bytes(one.bytes)})`),
    models.count > 0 && `${plural(models.count, 'model')} (${bytes(models.bytes)})`,
    examples > 0 && plural(examples, 'example'),
    signs && 'the key of your score cards',
  ].filter((part) => typeof part === 'string');
  if (parts.length === 0) return null;
  const last = parts.pop();
  return `Erase ${parts.length > 0 ? `${parts.join(', ')} and ${last}` : last} too?`;
}
