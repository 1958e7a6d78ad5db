import { writeCheckpoint } from '../../../src/run/checkpoint.ts';
import type { SyncFile } from '../../../src/weights/download-cache.ts';
import { RunJournal } from '../../../src/worker/storage/run-journal.ts';
import { beginRecord, keepCheckpoint } from '../../../src/worker/storage/run-store.ts';

/** A worker that keeps one checkpoint after another until it is killed, or holds a file of the run's folder locked. */

const settings = { rank: 1, alpha: 1, dropout: 0, targets: ['q_proj'] };
const module = { layer: 0, target: 'q_proj', path: 'layer', in: 30_000, out: 30_000 };

/** 480 KB that differ from step to step. */
function checkpoint(step: number): Uint8Array {
  const values = (offset: number) => Float32Array.from({ length: 30_000 }, (_, i) => step + offset + i);
  const moments = (offset: number) => Float32Array.from({ length: 60_000 }, (_, i) => step + offset + i);
  return writeCheckpoint(
    {
      version: 1,
      model: 'test',
      settings: {},
      initAdapter: null,
      fingerprint: null,
      dataset: { sha256: 'ab', rows: 1, mapping: null },
      heldOut: null,
      kernels: {},
      device: 'test',
    },
    {
      progress: {
        step,
        epoch: 1,
        tokens: 1,
        supervised: 1,
        seconds: 1,
        lossFirst: 1,
        lossLast: 1,
        skipped: 0,
        evals: [],
        best: null,
      },
      adapter: {
        settings,
        modules: [module],
        values: new Map([
          ['layer.lora_A', values(1)],
          ['layer.lora_B', values(2)],
        ]),
      },
      optimizer: { m: moments(3), v: moments(4) },
      best: null,
    },
  );
}

export type Order = { begin: true } | { from: number; to: number } | { lock: string };

self.onmessage = async ({ data }: MessageEvent<Order>) => {
  try {
    if ('begin' in data) {
      const file = new File(['{}'], 'rows.jsonl');
      const request = {} as Parameters<typeof beginRecord>[3];
      const model = { choice: { kind: 'bundled' as const }, name: 'test' };
      postMessage(
        await beginRecord('test', model, { choice: { kind: 'file', file }, files: [file] }, request),
      );
    } else if ('lock' in data) {
      const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('run');
      const file = (await folder.getFileHandle(data.lock, { create: true })) as SyncFile;
      await file.createSyncAccessHandle();
      postMessage(true);
    } else
      for (let step = data.from; step <= data.to; step++) {
        await keepCheckpoint(step, checkpoint(step), new RunJournal());
        postMessage(step);
      }
  } catch (error) {
    postMessage(String(error));
  }
};
