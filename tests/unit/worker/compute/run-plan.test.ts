import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RowKind } from '../../../../src/data/forms/row.ts';
import { type AdapterWeights, asLora, type LoraSettings } from '../../../../src/methods/types.ts';
import { llama } from '../../../../src/model/families/llama.ts';
import { adapterSettings } from '../../../../src/run/adapter-settings.ts';
import { type RunIdentity, writeCheckpoint } from '../../../../src/run/checkpoint.ts';
import { type RunSettings, SETTINGS } from '../../../../src/run/settings/list.ts';
import type { TrainRequest } from '../../../../src/worker/api/api.ts';
import { identityOfRequest, planRun } from '../../../../src/worker/compute/run-plan.ts';
import { savedCheckpoint } from '../../../../src/worker/storage/run-store.ts';
import { randomModel } from '../../export/random-model.ts';
import { toyRequest, toySession } from './toy-workspace.ts';

vi.mock(import('../../../../src/worker/storage/run-store.ts'), async (original) => ({
  ...(await original()),
  savedCheckpoint: vi.fn(async () => null),
}));

const { workspace } = toySession();
workspace.adapterSettings = (settings) => adapterSettings(settings, llama);

function checkpointOf(identity: RunIdentity): { name: string; bytes: Uint8Array } {
  const adapter = { settings: {}, modules: [], a: new Map(), b: new Map() } as unknown as AdapterWeights;
  const progress = {
    step: 2,
    epoch: 1,
    tokens: 1,
    supervised: 1,
    seconds: 1,
    lossFirst: 2,
    lossLast: 1,
    skipped: 0,
    evals: [],
    best: null,
  };
  const none = new Float32Array(0);
  const state = { progress, adapter, optimizer: { m: none, v: none }, best: null };
  return { name: 'step-2', bytes: writeCheckpoint(identity, state) };
}

const plan = (request: TrainRequest) => planRun(workspace, request, () => {});
const identityOf = (settings: Partial<RunSettings>) => identityOfRequest(workspace, toyRequest(settings));

test('the identity of a run without later settings is that of version 1', async () => {
  const { settings } = await identityOf({});
  const first = SETTINGS.filter(({ key, later }) => !later && key !== 'checkpointEvery' && key !== 'epochs');
  expect(Object.keys(settings).sort()).toEqual(first.map(({ key }) => key).sort());
});

test('a checkpoint of version 1 resumes, and a request of version 1 does', async () => {
  const request = { ...toyRequest(), resume: checkpointOf(await identityOf({})) };
  expect((await plan(request)).from?.progress.step).toBe(2);
  const { rslora: _, loraPlusRatio: __, ...old } = request.settings;
  const planned = await plan({ ...request, settings: old as RunSettings });
  expect(planned.settings).toMatchObject({ rslora: false, loraPlusRatio: 1 });
  expect(planned.adapterSettings).not.toHaveProperty('rsLora');
});

test('another scale is another run, told by its name', async () => {
  const resume = checkpointOf(await identityOf({}));
  await expect(plan({ ...toyRequest({ rslora: true }), resume })).rejects.toMatchObject({
    code: 'other-run',
    message: expect.stringContaining('Rank-stabilised differs'),
  });
  const scaled = checkpointOf(await identityOf({ rslora: true }));
  expect(
    asLora((await plan({ ...toyRequest({ rslora: true }), resume: scaled })).adapterSettings).rsLora,
  ).toBe(true);
  await expect(plan({ ...toyRequest(), resume: scaled })).rejects.toMatchObject({ code: 'other-run' });
});

test.each([true, false])(
  'a saved run resumes with the scale of the adapter that it was begun with (%s), whatever is set now',
  async (rsLora) => {
    const identity = { ...(await identityOf({})), initAdapter: { sha256: 'ab', rsLora } };
    vi.mocked(savedCheckpoint).mockResolvedValue(checkpointOf(identity));
    for (const rslora of [true, false]) {
      const { adapterSettings, settings } = await plan({ ...toyRequest({ rslora }), resume: 'saved' });
      expect(asLora(adapterSettings).rsLora ?? false).toBe(rsLora);
      expect(settings.rslora).toBe(rsLora);
    }
  },
);

test('a run that goes on has the date of its beginning, and a run that begins has today’s', async () => {
  vi.spyOn(workspace, 'runDate').mockImplementation(async (from) => from ?? '2026-12-01T09:00:00');
  const planned = await plan(toyRequest());
  expect([planned.date, planned.identity.date]).toEqual(['2026-12-01T09:00:00', '2026-12-01T09:00:00']);
  const identity = { ...planned.identity, date: '2026-03-04T15:06:07' };
  const resumed = await plan({ ...toyRequest(), resume: checkpointOf(identity) });
  expect([resumed.date, resumed.identity.date]).toEqual(['2026-03-04T15:06:07', '2026-03-04T15:06:07']);
  // A checkpoint of a version that knew no dates has none: it goes on with today's.
  const { date: _, ...old } = identity;
  expect((await plan({ ...toyRequest(), resume: checkpointOf(old) })).date).toBe('2026-12-01T09:00:00');
  vi.mocked(workspace.runDate).mockResolvedValue(null);
  expect((await plan(toyRequest())).identity).not.toHaveProperty('date');
  vi.mocked(workspace.runDate).mockRestore();
});

test('S1: a method that is not known is refused by its name', async () => {
  const request = toyRequest();
  const settings = { ...request.settings, method: 'vera' } as unknown as RunSettings;
  await expect(plan({ ...request, settings })).rejects.toMatchObject({
    code: 'bad-setting',
    message: expect.stringContaining('Method takes lora, dora, ia3, prompt or prefix, not “vera”'),
  });
});

describe('a start', () => {
  test('that gives out ranks is asked once, and its ranks are those of the run and of its checkpoints', async () => {
    const given = { targets: ['q_proj'], rankPattern: { q_proj: 3 }, alphaPattern: { q_proj: 6 } };
    const begin = vi.fn(
      async (lora: LoraSettings): Promise<AdapterWeights<LoraSettings>> => ({
        settings: { ...lora, ...given },
        modules: [],
        values: new Map(),
      }),
    );
    const request = toyRequest({ init: 'eva' });
    const planned = await planRun(workspace, request, () => {}, begin);
    expect(planned.begun?.settings).toMatchObject(given);
    expect(planned.adapterSettings).toMatchObject({ start: 'eva', ...given });
    expect(planned.need.adapterSettings).toEqual(planned.adapterSettings);
    expect(planned.identity.start).toEqual(given);
    const resumed = await planRun(
      workspace,
      { ...request, resume: checkpointOf(planned.identity) },
      () => {},
      begin,
    );
    expect(begin).toHaveBeenCalledTimes(1);
    expect(resumed.adapterSettings).toMatchObject({ start: 'eva', ...given });
    expect(resumed.identity.start).toEqual(given);
    const other = { ...toyRequest({ init: 'eva', evaRows: 9 }), resume: checkpointOf(planned.identity) };
    await expect(planRun(workspace, other, () => {}, begin)).rejects.toMatchObject({
      message: expect.stringContaining('Rows for EVA differs'),
    });
    await expect(plan({ ...toyRequest(), resume: checkpointOf(planned.identity) })).rejects.toMatchObject({
      message: expect.stringContaining('Start'),
    });
  });

  test('M1: that makes up for rounding is refused where there is none', async () => {
    const refused = plan(toyRequest({ init: 'loftq', targets: ['q_proj'] }));
    await expect(refused).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringContaining('--base-dtype nf4'),
    });
  });
});

test('a merge target is asked of the model, and is the adapter’s', async () => {
  const { model } = workspace;
  const own = { config: model.config, source: model.source };
  try {
    Object.assign(model, randomModel());
    const told: string[] = [];
    const planned = await planRun(workspace, toyRequest({ mergeTarget: 'q4' }), (event) => {
      if (event.type === 'warning') told.push(event.text);
    });
    expect([planned.adapterSettings, told]).toEqual([expect.objectContaining({ mergeTarget: 'q4' }), []]);
    expect(planned.identity.settings).toMatchObject({ mergeTarget: 'q4' });
    expect((await plan(toyRequest())).adapterSettings).not.toHaveProperty('mergeTarget');
    await expect(plan({ ...toyRequest(), resume: checkpointOf(planned.identity) })).rejects.toMatchObject({
      message: expect.stringContaining('Merged as'),
    });
    await expect(plan(toyRequest({ mergeTarget: 'q4', dropout: 0.1 }))).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringContaining('Dropout'),
    });
  } finally {
    Object.assign(model, own);
  }
});

test.each(['prompt', 'prefix'] as const)(
  'M1: virtual tokens of %s tuning that leave a row no room are refused, with what would fit',
  async (method) => {
    const { config } = workspace.model;
    const { longest } = workspace.dataset('train').report;
    const most = config.maxPositions - longest;
    const of = (virtualTokens: number) => plan(toyRequest({ method, virtualTokens, promptInit: 'random' }));
    expect((await of(most)).adapterSettings).toMatchObject({ method, virtualTokens: most });
    await expect(of(most + 1)).rejects.toMatchObject({
      code: 'does-not-fit',
      message: expect.stringContaining(`${longest} tokens, and with ${most + 1} virtual tokens in front`),
    });
  },
);

test('rows that are left out are neither trained on nor held out, and make another run', async () => {
  const request = { ...toyRequest({ evalFraction: 0.25 }), leaveOut: [0, 3, 5] };
  const { rows, heldOut, identity } = await plan(request);
  const used = [...rows, ...(heldOut?.rows ?? [])].sort((a, b) => a - b);
  expect(used).toEqual([1, 2, 4, 6, 7]);
  expect(heldOut?.rows).toHaveLength(1);
  expect(await identityOfRequest(workspace, request)).toEqual(identity);
  const resume = checkpointOf(identity);
  expect((await plan({ ...request, resume })).from?.progress.step).toBe(2);
  for (const leaveOut of [[0, 3], undefined])
    await expect(plan({ ...request, leaveOut, resume })).rejects.toMatchObject({
      code: 'other-run',
      message: expect.stringContaining('rows left out differs'),
    });
  expect((await identityOf({ evalFraction: 0.25 })).settings).not.toHaveProperty('rows left out');
});

describe('what a run minimises', () => {
  const { report } = workspace.dataset('train');
  const rows = (kind: RowKind) => Object.assign(report, { rowKind: kind, calledFor: kind });
  afterEach(() => void rows('answers'));

  test('is what its rows call for, and stands in its identity and its record', async () => {
    rows('pairs');
    const { objective, settings, identity } = await plan(toyRequest());
    expect([objective.name, settings.objective, identity.settings.objective]).toEqual(['dpo', 'dpo', 'dpo']);
    const ipo = await plan(toyRequest({ objective: 'ipo', beta: 0.3 }));
    expect([ipo.objective.name, ipo.identity.settings.beta]).toEqual(['ipo', 0.3]);
    const resume = checkpointOf(identity);
    expect((await plan({ ...toyRequest({ objective: 'dpo' }), resume })).from?.progress.step).toBe(2);
    await expect(plan({ ...toyRequest({ objective: 'ipo' }), resume })).rejects.toMatchObject({
      message: expect.stringContaining('Objective differs'),
    });
  });

  test('is not named where it is supervised, unless the rows call for something else', async () => {
    for (const objective of [null, 'sft'] as const) {
      const planned = await plan(toyRequest({ objective }));
      expect([planned.objective.name, planned.settings.objective]).toEqual(['sft', null]);
      expect(planned.identity.settings).not.toHaveProperty('objective');
    }
    rows('verdicts');
    expect((await plan(toyRequest({ objective: 'sft' }))).settings.objective).toBe('sft');
    expect((await plan(toyRequest())).objective.name).toBe('kto');
  });

  test('has the rows read for it', async () => {
    const read = vi.spyOn(workspace, 'readFor');
    await plan(toyRequest({ objective: 'orpo' }));
    expect(read).toHaveBeenCalledWith('pairs', ['train'], expect.any(Function));
    read.mockRestore();
  });

  test('S1: needs more than one row in a batch for KTO', async () => {
    rows('verdicts');
    await expect(plan(toyRequest({ batch: 1 }))).rejects.toMatchObject({
      code: 'bad-setting',
      message: expect.stringContaining('(--batch) above 1'),
    });
  });
});
