import type { ReadCard } from '../state/history.ts';
import { keptSigningKey } from '../state/signing-key.ts';
import { fault, fingerprint, publicOf, type Signed } from './signed.ts';

const FORMAT = 'lowrank-score-card';
/** Characters of a text at most: a file made elsewhere cannot fill the page. */
const LONGEST = 120;
const LONGEST_COMMAND = 2000;

/** @returns the card; or why the file is none, as a sentence */
export async function readScoreCard(text: string): Promise<ReadCard | string> {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return 'It is damaged.';
  }
  if (!isObject(file) || !isObject(file.card) || file.card.format !== FORMAT) return 'It is no score card.';
  const { card } = file;
  if (card.version !== 1) return 'It was saved by a newer version of this page.';
  const { signature } = file as unknown as Signed<unknown>;
  const own = keptSigningKey();
  const key = isObject(signature?.public_key) ? await fingerprint(signature.public_key) : '';
  return {
    id: await fingerprint(file),
    name: words(card.name) || 'No name',
    model: isObject(card.model) ? words(card.model.name) : '',
    data: isObject(card.data) ? words(card.data.name) : '',
    created: words(card.created),
    task: change(card.task),
    loss: change(card.held_out_loss),
    command: words(card.command, LONGEST_COMMAND),
    fault: await fault(file as unknown as Signed<unknown>),
    key,
    own: own !== null && key === (await fingerprint(publicOf(own))),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function words(value: unknown, most = LONGEST): string {
  return typeof value === 'string' ? value.slice(0, most).trim() : '';
}

function change(value: unknown): { what: string; before: number; after: number } | null {
  if (!isObject(value)) return null;
  const { before, after } = value;
  if (typeof before !== 'number' || typeof after !== 'number') return null;
  return { what: words(value.what), before, after };
}
