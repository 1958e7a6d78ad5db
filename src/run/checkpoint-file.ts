import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { RangeReader } from '../weights/range-reader.ts';
import { readSafetensorsHeader, type SafetensorsEntry } from '../weights/safetensors.ts';

/**
 * What makes the file of a checkpoint whole: one safetensors file whose metadata hold `run`, a JSON text, and `sha256`,
 * the hash of that text and of each tensor's name and bytes, in the order of their names. Page and commands read it
 * with this, wherever the file is.
 */

/** Bytes that are read at once. */
const PIECE = 16 << 20;

export interface CheckpointFile {
  /** JSON: which run it is of, and its progress. */
  run: string;
  tensors: readonly SafetensorsEntry[];
}

/** @throws where the file is cut off, damaged, or no checkpoint; the reader's own error where it cannot be read */
export async function readCheckpointFile(reader: RangeReader): Promise<CheckpointFile> {
  const header = await readSafetensorsHeader(reader);
  const tensors = [...header.tensors.values()];
  const { run = '', sha256: stated } = header.metadata;
  const hash = checkpointHash(run);
  for (const { name, begin, end } of inOrder(tensors)) {
    hash.tensor(name);
    for (let at = begin; at < end; at += PIECE) hash.bytes(await reader.read(at, Math.min(end, at + PIECE)));
  }
  if (hash.text() !== stated) throw new Error('its bytes do not match their SHA-256');
  return { run, tensors };
}

/** The hash that goes into the metadata of a checkpoint with these tensors. */
export function hashOfCheckpoint(
  run: string,
  tensors: readonly { name: string; data: Uint8Array }[],
): string {
  const hash = checkpointHash(run);
  for (const { name, data } of inOrder(tensors)) {
    hash.tensor(name);
    hash.bytes(data);
  }
  return hash.text();
}

function checkpointHash(run: string) {
  const hash = sha256.create();
  const text = (part: string) => void hash.update(new TextEncoder().encode(part));
  text(run);
  return {
    tensor: text,
    bytes: (part: Uint8Array) => void hash.update(part),
    text: () => bytesToHex(hash.digest()),
  };
}

/** By the names' code units, in every language alike. */
function inOrder<T extends { name: string }>(tensors: readonly T[]): T[] {
  return [...tensors].sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)));
}
