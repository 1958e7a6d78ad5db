import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { NamedBlob } from '../files/named-file.ts';
import type { RunRecord } from '../run/record.ts';
import type { ModelSource } from '../weights/source.ts';

/** What becomes of a chat template that was chosen in place of the base model's own, and what people are told of it. */

export const TEMPLATE_FILE = 'chat_template.jinja';

/**
 * Where the chat template of an export is: the loaded model's own, a file of the export, or nowhere, since the run had
 * one chosen that is not chosen now.
 */
export type TemplatePlace = 'model' | 'file' | 'absent';

export function templatePlace(
  { merged }: { merged: boolean },
  { tokenizer }: Pick<ModelSource, 'tokenizer'>,
  { record, chat }: { record: Pick<RunRecord, 'chat_template'> | null; chat: boolean },
): TemplatePlace {
  const chosen = tokenizer.chosen ? tokenizer.chatTemplate : null;
  const trained = record?.chat_template?.sha256;
  if (trained !== undefined && (chosen === null || templateHash(chosen) !== trained)) return 'absent';
  return chosen === null || merged || !chat ? 'model' : 'file';
}

export function templateHash(template: string): string {
  return bytesToHex(sha256(new TextEncoder().encode(template)));
}

/** The template as a file, where it is not in the model that the export is loaded with. */
export function templateFiles(
  place: TemplatePlace,
  { tokenizer }: Pick<ModelSource, 'tokenizer'>,
): NamedBlob[] {
  return place === 'file' ? [{ path: TEMPLATE_FILE, blob: new Blob([tokenizer.chatTemplate!]) }] : [];
}

const SENTENCES: Record<Exclude<TemplatePlace, 'model'>, string> = {
  file: `Trained through the chat template in \`${TEMPLATE_FILE}\`, not through the base model’s own: whatever asks it needs that one.`,
  absent:
    'Trained through a chat template that was chosen for the run and is not in this export: whatever asks it needs that one. Name it with `--chat-template` and export again.',
};

/** The part of a card about it, as Markdown lines. */
export function templateLines(place: TemplatePlace): string[] {
  return place === 'model' ? [] : ['', SENTENCES[place]];
}

/** The same behind a shell command, as a comment; where the export is one file, a template cannot lie in it. */
export function templateComment(place: TemplatePlace, isOneFile: boolean): string {
  if (place === 'model') return '';
  return place === 'file' && !isOneFile
    ? `  # asked through ${TEMPLATE_FILE} beside it, not through the base model's own chat template`
    : "  # trained through the chat template of the run's --chat-template, which is not in it: give it that one";
}
