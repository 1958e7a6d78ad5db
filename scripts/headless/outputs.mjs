import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
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

/**
 * Makes a folder and those above it, one by one: Node's own recursion never ends below some folders of the kernel's.
 * @throws The system's error.
 */
export function makeFolder(/** @type {string} */ path) {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    // Another command made it meanwhile.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
}

/** Makes the folder that `--flag` names, now, so that a mistake in it is known before the run and not after. */
export function outputFolder(/** @type {string} */ flag, /** @type {string} */ folder) {
  const path = resolve(folder);
  if (kindOf(path) === 'file') throw usage(`--${flag}: ${folder} is a file; give a folder.`);
  try {
    makeFolder(path);
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
  // What is written replaces what was there, which must not happen to a device.
  if (kindOf(path) === null && existsSync(path))
    throw usage(`--${flag}: ${file} is not a regular file; give another path.`);
  outputFolder(flag, dirname(path));
  return path;
}

/** The file or folder that a path leads to, through links; the path itself where there is nothing yet. */
function real(/** @type {string} */ path) {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/**
 * Refuses a command that would write over what it reads, or one result over another.
 * @param {readonly [flag: string, path: string | null | undefined][]} written
 * @param {readonly [flag: string, path: string | null | undefined][]} read
 */
export function refuseSame(written, read) {
  const seen = new Map(read.flatMap(([flag, path]) => (path ? [[real(path), flag]] : [])));
  for (const [flag, path] of written) {
    if (!path) continue;
    const other = seen.get(real(path));
    if (other !== undefined)
      throw usage(`--${flag}: ${path} is what --${other} names and would be overwritten. Give another path.`);
    seen.set(real(path), flag);
  }
}

/** Makes sure that a file is on the disk, and gives its SHA-256. */
export async function sealed(/** @type {string} */ path) {
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part);
  return hash.digest('hex');
}

/** Whole lines of a file, read in pieces. */
function* linesOf(/** @type {string} */ path) {
  const file = openSync(path, 'r');
  try {
    const piece = Buffer.alloc(1 << 20);
    const decoder = new TextDecoder();
    let rest = '';
    for (let count = readSync(file, piece); count > 0; count = readSync(file, piece)) {
      const lines = `${rest}${decoder.decode(piece.subarray(0, count), { stream: true })}`.split('\n');
      // The last line of a killed run has no end.
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } finally {
    closeSync(file);
  }
}

/** A file of JSON lines, written line by line as they come. */
export function openLines(/** @type {string} */ path) {
  // Opened for adding, since what an earlier run wrote may be kept.
  let file = openSync(path, 'a');
  // Behind a link, so that it stays one.
  const place = realpathSync(path);
  return {
    /**
     * Keeps only the lines that `wanted` says yes to, by way of a second file, so that none is lost on the way.
     * @returns {number} How many are kept.
     */
    cut(/** @type {(line: any) => boolean} */ wanted) {
      const temporary = `${place}.${process.pid}.tmp`;
      const into = openSync(temporary, 'w');
      let kept = 0;
      for (const line of linesOf(place)) {
        try {
          if (!wanted(JSON.parse(line))) continue;
        } catch {
          // Not ours.
          continue;
        }
        writeSync(into, `${line}\n`);
        kept++;
      }
      fsyncSync(into);
      closeSync(into);
      closeSync(file);
      renameSync(temporary, place);
      file = openSync(place, 'a');
      return kept;
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
