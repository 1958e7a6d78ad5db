import { beforeEach, expect, test, vi } from 'vitest';
import { trainAnew } from '../../../../src/app/actions/run.ts';
import { resumeSaved } from '../../../../src/app/actions/saved.ts';
import { evalInterval, PRESETS, presetOf, presetSettings } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type { DataReport } from '../../../../src/data/types.ts';
import type { ModelInfo, TrainRequest } from '../../../../src/worker/api/api.ts';

/** Requests to train; each run is stopped before its first step. */
const requests: TrainRequest[] = [];
const api = {
  async train(request: TrainRequest) {
    requests.push(request);
    return { stopped: true, steps: 0 };
  },
  cancelGenerate: async () => {},
  generate: () => new Promise(() => {}),
};
vi.mock('../../../../src/app/state/connection.ts', () => ({ worker: async () => api }));
vi.stubGlobal('navigator', {});
vi.stubGlobal('window', { addEventListener: () => {}, removeEventListener: () => {} });

beforeEach(() => {
  requests.length = 0;
  setApp({
    ...{ model: { name: 'tiny' } as ModelInfo, data: { used: 200 } as DataReport, dataTitle: 'rows.jsonl' },
    ...{ run: EMPTY_RUN, starting: false, saved: null, adapter: null },
    estimate: { steps: 40 } as never,
  });
});

test('a recipe keeps its name through a run that goes on, and the next run fills in what it left open anew', async () => {
  const [, style] = PRESETS;
  setApp({ settings: presetSettings(style) });
  await trainAnew();
  const [begun] = requests;
  expect(begun.settings.evalEvery).toBe(evalInterval(40));
  // On the next visit: what was kept of it is plain JSON.
  const request = JSON.parse(JSON.stringify(begun)) as TrainRequest;
  const saved = { name: 'rows', began: '', step: 5, request };
  setApp({
    saved: { ...saved, model: { choice: null, name: 'tiny' }, data: { choice: null, name: 'rows.jsonl' } },
  });
  await resumeSaved();
  expect(requests[1]).toMatchObject({ resume: 'saved', settings: begun.settings });
  expect(presetOf(getApp().settings)).toBe(style);
  setApp({ estimate: { steps: 400 } as never });
  await trainAnew();
  expect(requests[2].settings.evalEvery).toBe(evalInterval(400));
});
