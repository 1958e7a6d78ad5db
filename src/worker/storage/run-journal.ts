import type { RunEvent } from '../../run/events.ts';
import { type SyncFile, writeAll } from '../../weights/download-cache.ts';

/**
 * What an unfinished run has shown so far, beside its checkpoints: a run that goes on after a reload shows its whole
 * curve and what the model said before. One event a line, as JSON. Every visit of the page writes a file of its own,
 * `events-0001.jsonl`, since a crash may have left a handle locked on the one before.
 */

const NAME = /^events-\d+\.jsonl$/;

export class RunJournal {
  #waiting: string[] = [];
  #file: string | null = null;

  hear(event: RunEvent): void {
    if (isKept(event)) this.#waiting.push(`${JSON.stringify(event)}\n`);
  }

  /** Adds what was heard since the last time. */
  async write(directory: FileSystemDirectoryHandle): Promise<void> {
    const lines = this.#waiting.splice(0);
    if (lines.length === 0) return;
    this.#file ??= `events-${String((await fileNames(directory)).length + 1).padStart(4, '0')}.jsonl`;
    const file = (await directory.getFileHandle(this.#file, { create: true })) as SyncFile;
    const handle = await file.createSyncAccessHandle();
    try {
      writeAll(handle, new TextEncoder().encode(lines.join('')), handle.getSize());
      handle.flush();
    } finally {
      handle.close();
    }
  }
}

/** What was written up to a step: behind it the run goes on anew. */
export async function readJournal(directory: FileSystemDirectoryHandle, step: number): Promise<RunEvent[]> {
  const texts: string[] = [];
  for (const name of await fileNames(directory))
    texts.push(await (await (await directory.getFileHandle(name)).getFile()).text());
  return eventsUpTo(texts.join('\n').split('\n'), step);
}

async function fileNames(directory: FileSystemDirectoryHandle): Promise<string[]> {
  const found: string[] = [];
  for await (const name of directory.keys()) if (NAME.test(name)) found.push(name);
  return found.sort();
}

/** Whole and final: not the words of an answer that still streams, nor what is told anew when the run goes on. */
function isKept(event: RunEvent): boolean {
  if (event.type === 'sample') return event.done;
  return ['step', 'figures', 'eval', 'movement', 'checkpoint', 'warning'].includes(event.type);
}

/** Events of these lines up to a step; a line that a crash has cut is left out. */
export function eventsUpTo(lines: readonly string[], step: number): RunEvent[] {
  const events: RunEvent[] = [];
  let at = 0;
  for (const line of lines) {
    const event = eventOf(line);
    if (!event) continue;
    if ('step' in event) at = event.step;
    if (at <= step) events.push(event);
  }
  return events;
}

function eventOf(line: string): RunEvent | null {
  try {
    const event = JSON.parse(line) as RunEvent;
    // JSON has no word for what is not a number.
    if (event.type === 'step')
      return {
        ...event,
        loss: event.loss ?? Number.NaN,
        gradNorm: event.gradNorm ?? Number.NaN,
        // Journals of earlier versions have none.
        figures: numbers(event.figures ?? {}),
      };
    return event.type === 'eval' ? { ...event, loss: event.loss ?? Number.NaN } : event;
  } catch {
    return null;
  }
}

function numbers(figures: Readonly<Record<string, number | null>>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, value ?? Number.NaN]));
}
