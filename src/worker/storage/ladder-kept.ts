import type { KeptLadder, LadderAdapter } from '../api/api.ts';
import { LARGEST_ADAPTERS, LARGEST_FILES } from './experiment-limits.ts';
import { reopenable } from './run-store.ts';

/** Without what would take too much room, and without a token: files are dropped again, the adapter is trained again. */
export function keepable(ladder: KeptLadder): KeptLadder {
  const { given, adapter, apart } = ladder;
  const files = [...filesOf(given.data), ...(given.heldOut ? [given.heldOut] : [])];
  const tooLarge = files.reduce((sum, { size }) => sum + size, 0) > LARGEST_FILES;
  const own = adaptersBytes(adapter ? [adapter] : []);
  const parts = adaptersBytes(apart ?? []);
  const { choice, name } = given.model;
  return {
    ...ladder,
    given: {
      ...given,
      ...(tooLarge && { data: withoutFiles(given.data), heldOut: null }),
      model: choice ? reopenable(choice, name) : given.model,
    },
    adapter: own <= LARGEST_ADAPTERS ? adapter : null,
    apart: apart && (own + parts <= LARGEST_ADAPTERS ? apart : []),
  };
}

function filesOf(data: KeptLadder['given']['data']): readonly File[] {
  if (data?.kind === 'files') return data.files;
  return data?.kind === 'file' ? [data.file] : [];
}

function withoutFiles(data: KeptLadder['given']['data']): KeptLadder['given']['data'] {
  return data?.kind === 'file' || data?.kind === 'files' ? null : data;
}

function adaptersBytes(adapters: readonly LadderAdapter[]): number {
  return adapters.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}
