import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { usage } from './failure.mjs';
import { kindOf } from './inputs.mjs';

/** Writes a file so that nobody ever sees half of it. */
export function writeWhole(/** @type {string} */ path, /** @type {Uint8Array | string} */ content) {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** Makes the folder that `--flag` names, now, so that a mistake in it is known before the run and not after. */
export function outputFolder(/** @type {string} */ flag, /** @type {string} */ folder) {
  const path = resolve(folder);
  if (kindOf(path) === 'file') throw usage(`--${flag}: ${folder} is a file; give a folder.`);
  try {
    mkdirSync(path, { recursive: true });
    const probe = join(path, `.${process.pid}.tmp`);
    closeSync(openSync(probe, 'w'));
    rmSync(probe);
  } catch (error) {
    throw usage(
      `--${flag}: ${folder} cannot be written to (${/** @type {NodeJS.ErrnoException} */ (error).code}).`,
    );
  }
  return path;
}

/** A file to write to later, its folder made now. */
export function outputFile(/** @type {string} */ flag, /** @type {string} */ file) {
  const path = resolve(file);
  if (kindOf(path) === 'folder') throw usage(`--${flag}: ${file} is a folder; give a file.`);
  outputFolder(flag, dirname(path));
  return path;
}

/** A file of JSON lines, written line by line as they come. */
export function openLines(/** @type {string} */ path) {
  // Opened for adding, since what an earlier run wrote may be kept.
  const file = openSync(path, 'a');
  return {
    /** Keeps only the whole lines that `wanted` says yes to. */
    cut(/** @type {(line: any) => boolean} */ wanted) {
      const kept = readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => {
          try {
            return wanted(JSON.parse(line));
          } catch {
            // The last line of a killed run.
            return false;
          }
        });
      ftruncateSync(file);
      if (kept.length > 0) writeSync(file, `${kept.join('\n')}\n`);
    },
    write(/** @type {unknown} */ value) {
      writeSync(file, `${JSON.stringify(value)}\n`);
    },
    close() {
      closeSync(file);
    },
  };
}

/**
 * A safetensors file of small tensors, in memory.
 * @param {{ name: string, dtype: 'F32' | 'I64', shape: number[], bytes: Uint8Array }[]} tensors
 */
export function safetensors(tensors) {
  /** @type {Record<string, unknown>} */
  const header = {};
  let at = 0;
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    at += bytes.length;
  }
  const text = JSON.stringify(header);
  const head = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8, ' '));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(head.length));
  return Buffer.concat([length, head, ...tensors.map(({ bytes }) => bytes)]);
}
