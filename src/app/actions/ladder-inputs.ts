import { isDocument } from '../../lab/ladder/passages.ts';
import { importPart } from '../shared/import-part.ts';
import { type PageError, pageError } from '../shared/page-error.ts';
import { useLadder } from '../state/ladder.ts';
import { getApp } from '../state/store.ts';

/** What a person gives to the ladder: documents to search, a file of held-out rows, an instruction, a metric. */

const readText = () => importPart(() => import('../../data/files/utf8.ts'));

const BUSY: PageError = {
  code: 'busy',
  title: 'Not while the ladder is measured.',
  text: 'Nothing was changed. Stop it, then give it other files.',
};

/** What was dropped on the ladder goes to it where all of it can be searched. */
export async function takeDocuments(files: readonly { path: string; file: File }[]): Promise<boolean> {
  if (files.length === 0 || !files.every(({ path }) => isDocument(path))) return false;
  await addDocuments(files);
  return true;
}

/** Adds documents; one of a name that is there already takes its place. */
export async function addDocuments(files: readonly { path: string; file: File }[]): Promise<void> {
  if (getApp().underWay) {
    useLadder.setState({ error: BUSY });
    return;
  }
  useLadder.setState({ error: null });
  try {
    const { wholeText } = await readText();
    const read = await Promise.all(
      files.map(async ({ path, file }) => ({ name: path, ...(await wholeText(file)) })),
    );
    const names = new Set(read.map(({ name }) => name));
    useLadder.setState(({ documents, documentNotes }) => ({
      documents: [
        ...documents.filter(({ name }) => !names.has(name)),
        ...read.map(({ name, text }) => ({ name, text })),
      ].sort((a, b) => (a.name < b.name ? -1 : 1)),
      documentNotes: [...new Set([...documentNotes, ...read.flatMap(({ notes }) => notes)])],
    }));
  } catch (error) {
    useLadder.setState({ error: { ...pageError(error), title: 'The documents could not be read.' } });
  }
}

export function removeDocuments(): void {
  if (!getApp().underWay) useLadder.setState({ documents: [], documentNotes: [] });
}

export function chooseHeldOut(file: File | null): void {
  if (!getApp().underWay) useLadder.setState({ heldOut: file, error: null });
}

export function changePrompt(prompt: string): void {
  if (!getApp().underWay) useLadder.setState({ prompt });
}

export function changeMetric(metric: string): void {
  if (!getApp().underWay) useLadder.setState({ metric });
}
