import type { Mapping } from '../../data/forms/row.ts';
import { fileName } from '../../files/file-name.ts';
import type { DataChoice } from '../../worker/api/api.ts';
import { pageError } from '../shared/page-error.ts';
import { worker } from '../state/connection.ts';
import { type Pair, pairsAsJsonLines, pastedName, WRITTEN } from '../state/pairs.ts';
import { getApp, setApp } from '../state/store.ts';
import { openData } from './open-data.ts';
import { save } from './take.ts';

/** Data that the user writes, pastes, maps by hand, or saves. */

/** Reads the open data with these columns; undefined: as they are found again. */
export async function chooseColumns(mapping: Mapping | undefined): Promise<void> {
  const { dataChoice, dataTitle, dataNote } = getApp();
  if (dataChoice) await openData({ ...dataChoice, mapping } as DataChoice, dataTitle, dataNote);
}

/** Opens what was written. @returns whether it is open now */
export async function usePairs(pairs: readonly Pair[]): Promise<boolean> {
  setApp({ writing: false });
  return openData({ kind: 'text', name: WRITTEN, text: pairsAsJsonLines(pairs) }, 'My examples');
}

export function savePairs(pairs: readonly Pair[]): void {
  save(new Blob([pairsAsJsonLines(pairs)], { type: 'application/jsonl' }), WRITTEN);
}

/** Opens a pasted dataset. @returns whether it is one */
export function openPaste(text: string): boolean {
  const name = pastedName(text);
  if (name) void openData({ kind: 'text', name, text }, name);
  return name !== null;
}

/** Saves the open data as JSON Lines, whatever they came as. */
export async function saveAsJsonLines(): Promise<void> {
  try {
    const { dataTitle } = getApp();
    const rows = await (await worker()).dataAsJsonLines();
    save(rows, `${fileName(dataTitle.replace(/^Sample: /, '').replace(/\.[a-z]+$/i, ''))}.jsonl`);
  } catch (error) {
    setApp({ dataError: pageError(error) });
  }
}
