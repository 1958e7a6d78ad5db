import { plainName, unpacked } from './cells.ts';
import { isFilled, type JsonObject } from './form.ts';
import { type Example, rowsWithin } from './row.ts';

/** Rows with a picture, a film or a sound: a model that reads text would learn its placeholder. */

const COLUMNS: Record<string, string> = {
  image: 'a picture',
  images: 'a picture',
  video: 'a video',
  videos: 'a video',
  audio: 'a sound',
  audios: 'a sound',
};
/** A placeholder on a line of its own, or at the very beginning: `<video>` within a sentence may be about HTML. */
const PLACEHOLDER =
  /(?:^|\n)\s*<(image|video|audio)>\s*(?:\n|$)|^<(image|video|audio)>|<\|(image|video|audio)(?:_pad)?\|>/;

/** Why the row cannot be read as text, or null. */
export function refuseMedia(row: JsonObject): string | null {
  const column = Object.keys(row).find((key) => {
    return Object.hasOwn(COLUMNS, plainName(key)) && isFilled(unpacked(row[key]));
  });
  if (column === undefined) return null;
  return sentence(COLUMNS[plainName(column)], `in "${column}"`);
}

export function refusePlaceholders(example: Example): string | null {
  for (const text of askedIn(example)) {
    const found = PLACEHOLDER.exec(text);
    if (found) return sentence(COLUMNS[found[1] ?? found[2] ?? found[3]], `(${found[0].trim()})`);
  }
  return null;
}

function sentence(what: string, where: string): string {
  return `The row has ${what} ${where}; this model reads text alone.`;
}

function askedIn(example: Example): string[] {
  return rowsWithin(example).flatMap((row) => {
    if (row.kind === 'pair') return [row.prompt];
    if (row.kind === 'text') return [];
    return row.messages.filter(({ role }) => role === 'user').map(({ content }) => content);
  });
}
