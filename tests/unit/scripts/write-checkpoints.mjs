// Writes one checkpoint after another into the folder that it is given, from the step after the one that it is given
// on, and says each once it is kept.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { checkpointFolder } from '../../../scripts/headless/checkpoints.mjs';

const [out, last] = process.argv.slice(2);
const folder = checkpointFolder(out);

/** A checkpoint's outer form (src/run/checkpoint.ts), with one tensor of 400 KB. */
function checkpoint(/** @type {number} */ step) {
  const data = Buffer.from(new Float32Array(100_000).fill(step).buffer);
  const run = JSON.stringify({ identity: {}, progress: { step } });
  const sha256 = createHash('sha256').update(run).update('adapter').update(data).digest('hex');
  const header = JSON.stringify({
    __metadata__: { run, sha256 },
    adapter: { dtype: 'F32', shape: [100_000], data_offsets: [0, data.length] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), data]);
}

for (let step = Number(last) + 1; ; step++) {
  folder.write(step, checkpoint(step));
  writeSync(1, `${step}\n`);
}
