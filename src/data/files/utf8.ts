import { UserError } from '../../errors.ts';
import type { Bytes, DataFile } from './one-file.ts';
import { type Opened, openFile, transcoded } from './opened.ts';
import { refuseOtherFiles } from './other-files.ts';

interface Reader {
  /** How a sentence names the file. */
  called: string;
  done?(bytes: number): void;
  /** What the file was read as, a sentence each. */
  notes: string[];
}

/**
 * A text as UTF-8: as it is, or from Windows-1252, as spreadsheets save it.
 * @throws UserError `wrong-file`
 */
export async function asUtf8(opened: Opened, { called, done, notes }: Reader): Promise<AsyncIterable<Bytes>> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let isUtf8 = true;
  for await (const chunk of opened.chunks()) {
    done?.(0);
    try {
      decoder.decode(chunk, { stream: true });
    } catch {
      isUtf8 = false;
      break;
    }
  }
  if (!isUtf8) {
    notes.push(
      `${called} is no UTF-8 and is read as Windows-1252 text; save it as UTF-8 if letters are wrong.`,
    );
    return transcoded(opened.chunks(done), 'windows-1252');
  }
  try {
    // Without a chunk: the end, where half a character is an error too.
    decoder.decode();
  } catch (cause) {
    throw new UserError(
      'wrong-file',
      `${called} ends within a character: it was cut off. Nothing was changed. Save or download it again.`,
      { cause },
    );
  }
  return opened.chunks(done);
}

/**
 * All of a document, in whatever encoding a file of rows may have, without a byte order mark.
 * @throws UserError `wrong-file` where it is no text
 */
export async function wholeText(file: DataFile): Promise<{ text: string; notes: string[] }> {
  const called = file.name ?? 'The file';
  await refuseOtherFiles(file, called);
  const opened = await openFile(file, called);
  const notes = [...opened.notes];
  const parts: Bytes[] = [];
  for await (const chunk of await asUtf8(opened, { called, notes })) parts.push(chunk);
  return { text: new TextDecoder().decode(await new Blob(parts).arrayBuffer()), notes };
}
