import { fileName } from '../../files/file-name.ts';
import type { PastRun } from '../../worker/api/api.ts';
import { plural } from '../shared/format.ts';
import { importPart } from '../shared/import-part.ts';
import { pageError } from '../shared/page-error.ts';
import { type OtherResult, useHistory } from '../state/history.ts';
import { setApp } from '../state/store.ts';
import { save } from './take.ts';

/** Results of several people, laid over each other from short files, and score cards, whose signature is checked. */

const file = () => importPart(() => import('../outcome/result-file.ts'));

/** A result is far smaller; nothing larger is read to find that out. */
const LARGEST = 1e6;
/** Results at once: more curves tell nothing apart. */
const MOST = 40;
/** Stands at the beginning of each, but for a score card whose keys were put in another order. */
const RESULT = '"format":"lowrank-result"';
const CARD = /"format"\s*:\s*"lowrank-score-card"/;

interface Found {
  path: string;
  text: string;
}

/** Saves the result of a run that has ended; `by`: the name that the person gave, or none. */
export async function saveResult(run: PastRun, by: string): Promise<void> {
  const { resultText } = await file();
  const name = fileName(by.trim() || 'my');
  save(new Blob([resultText(run, by)], { type: 'application/json' }), `${name}-lowrank-result.json`);
}

/** Opens the results and the score cards among these files. @returns the other files */
export async function openResults<F extends { path: string; file: Blob }>(files: readonly F[]): Promise<F[]> {
  const rest: F[] = [];
  const found: Found[] = [];
  const cards: Found[] = [];
  for (const entry of files) {
    const may = /\.json$/i.test(entry.path) && entry.file.size <= LARGEST;
    const text = may ? await entry.file.text() : '';
    if (text.slice(0, 100).replace(/\s/g, '').includes(RESULT)) found.push({ path: entry.path, text });
    else if (CARD.test(text)) cards.push({ path: entry.path, text });
    else rest.push(entry);
  }
  if (found.length + cards.length > 0) setApp({ tab: 'runs', pane: 'answers', drawer: false });
  if (found.length > 0) await add(found);
  if (cards.length > 0) await addCards(cards);
  return rest;
}

async function addCards(found: readonly Found[]): Promise<void> {
  try {
    const { readScoreCard } = await importPart(() => import('../outcome/read-score-card.ts'));
    const read = await Promise.all(
      found.map(async (one) => ({ ...one, card: await readScoreCard(one.text) })),
    );
    const good = read.flatMap(({ card }) => (typeof card === 'string' ? [] : card));
    const wrong = read.flatMap(({ path, card }) => (typeof card === 'string' ? notOpened(path, card) : []));
    useHistory.setState(({ cards, othersNote }) => {
      const all = [...new Map([...cards, ...good].map((one) => [one.id, one])).values()];
      const left = all.length - MOST;
      if (left > 0)
        wrong.push(`${plural(left, 'score card')} beyond ${MOST} ${left === 1 ? 'is' : 'are'} left out.`);
      return { cards: all.slice(0, MOST), othersNote: wrong.length > 0 ? wrong.join(' ') : othersNote };
    });
  } catch (error) {
    useHistory.setState({ othersNote: `The score cards were not opened. ${pageError(error).text}` });
  }
}

const notOpened = (path: string, why: string) => `${path.split('/').at(-1)} was not opened. ${why}`;

async function add(found: readonly Found[]): Promise<void> {
  try {
    const { readResult } = await file();
    const read = found.map(({ path, text }) => ({ path, result: readResult(text) }));
    const good = read.flatMap(({ result }) => (typeof result === 'string' ? [] : result));
    const wrong = read.flatMap(({ path, result }) =>
      typeof result === 'string' ? notOpened(path, result) : [],
    );
    useHistory.setState(({ others, shown }) => {
      const known = others.filter(({ id }) => good.every((one) => one.id !== id));
      // The same result twice is one.
      const all = [...new Map([...known, ...good].map((one) => [one.id, one])).values()];
      const kept = all.slice(0, MOST);
      const left = all.length - kept.length;
      const notes = [
        ...wrong,
        ...(left > 0
          ? [`${plural(left, 'result')} beyond ${MOST} ${left === 1 ? 'is' : 'are'} left out.`]
          : []),
      ];
      const ids = good.map(({ id }) => id).filter((id) => kept.some((one) => one.id === id));
      return {
        others: kept,
        shown: [...shown.filter((id) => !ids.includes(id)), ...new Set(ids)],
        othersNote: notes.length > 0 ? notes.join(' ') : null,
      };
    });
  } catch (error) {
    useHistory.setState({ othersNote: `The results were not opened. ${pageError(error).text}` });
  }
}

/** Takes all of them off the page. */
export function removeResults(): void {
  useHistory.setState(({ shown, others }) => ({
    others: [],
    othersNote: null,
    pointed: null,
    shown: shown.filter((id) => !others.some((one: OtherResult) => one.id === id)),
  }));
}

/** Takes all of them off the page. */
export function removeScoreCards(): void {
  useHistory.setState({ cards: [] });
}
