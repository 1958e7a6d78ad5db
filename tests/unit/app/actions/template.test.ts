import { beforeEach, expect, test, vi } from 'vitest';
import { chooseTemplate, openModel } from '../../../../src/app/actions/open.ts';
import { openFiles } from '../../../../src/app/actions/open-files.ts';
import { openRecipe } from '../../../../src/app/actions/recipe.ts';
import { resumeSaved } from '../../../../src/app/actions/saved.ts';
import { followHash } from '../../../../src/app/actions/start.ts';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type { ModelChoice, ModelInfo, SavedRun, TrainRequest } from '../../../../src/worker/api/api.ts';

/** A worker with a model, which brings a template of its own where its folder is called so. */
let own = false;
let inUse: string | null = null;
let trained: { template: string | null; request: TrainRequest } | null = null;
const read: (string | null)[] = [];
const info = () =>
  ({
    name: own ? 'chat' : 'base',
    hasTemplate: own || inUse !== null,
    template: { own, chosen: inUse, proposed: 'plain' },
    exports: [],
  }) as unknown as ModelInfo;
const api = {
  async openModel(choice: ModelChoice) {
    own = choice.kind === 'bundled' || (choice.kind === 'folder' && choice.files[0].path.startsWith('chat'));
    inUse = choice.chatTemplate ?? null;
    return info();
  },
  async setChatTemplate(choice: string | null) {
    if (choice === '{%') throw new Error('bad-chat-template: The chat template is not Jinja.');
    inUse = choice;
    return info();
  },
  async openData() {
    read.push(inUse);
    return { used: 1, needTemplate: 0 };
  },
  previewRows: async () => [],
  estimate: async () => {
    throw new Error('none');
  },
  hardware: async () => ({ device: 'wasm' }),
  setBaseDtype: async () => {},
  cancelGenerate: async () => {},
  generate: () => new Promise(() => {}),
  async train(request: TrainRequest) {
    trained = { template: inUse, request };
    throw new Error('stopped: Enough.');
  },
};
vi.mock('../../../../src/app/state/connection.ts', async (original) => ({
  ...(await original<object>()),
  worker: async () => api,
}));
const place = { hash: '', pathname: '/', search: '', reload: vi.fn() };
vi.stubGlobal('location', place);
vi.stubGlobal('history', {
  replaceState(_: unknown, __: string, url: string) {
    place.hash = url.startsWith('#') ? url : '';
  },
});
vi.stubGlobal('window', { addEventListener() {}, removeEventListener() {} });
vi.stubGlobal('navigator', {});

const folder = (name: string): ModelChoice => ({
  kind: 'folder',
  files: [{ path: `${name}/config.json`, blob: new Blob() }],
});

beforeEach(async () => {
  read.length = 0;
  trained = null;
  setApp({
    modelChoice: { kind: 'bundled' },
    settings: PAGE_DEFAULTS,
    run: EMPTY_RUN,
    dataChoice: { kind: 'text', name: 'mine.jsonl', text: '' },
    dataTitle: 'mine.jsonl',
  });
  await openModel(folder('base'));
});

test('a chosen template is the model’s, in the address, and the data are read again through it', async () => {
  await chooseTemplate('plain');
  expect(getApp().model?.template.chosen).toBe('plain');
  expect(getApp().modelChoice.chatTemplate).toBe('plain');
  expect(place.hash).toBe('#chat-template=plain');
  expect(read).toEqual([null, 'plain']);
  await chooseTemplate(null);
  expect(place.hash).toBe('');
  expect(read).toEqual([null, 'plain', null]);
});

test('one that cannot be read changes nothing', async () => {
  await chooseTemplate('plain');
  await chooseTemplate('{%');
  expect(getApp().templateError?.text).toBe('The chat template is not Jinja.');
  expect(getApp().model?.template.chosen).toBe('plain');
  expect(place.hash).toBe('#chat-template=plain');
});

test('it stays with models that bring none, and gives way to one of the model’s own', async () => {
  await chooseTemplate('alpaca');
  await openModel(folder('base'));
  expect(inUse).toBe('alpaca');
  await openModel(folder('chat'));
  expect(inUse).toBeNull();
  expect(getApp().modelChoice.chatTemplate).toBeUndefined();
  expect(place.hash).toBe('');
});

test('one of the person’s own is dropped, and is in no address, which leaves it', async () => {
  const dropped = new File(['{{ messages }}'], 'mine.jinja');
  await openFiles([{ path: dropped.name, file: dropped }]);
  expect(inUse).toBe('{{ messages }}');
  expect(place.hash).toBe('');
  place.hash = '#rank=4';
  followHash();
  await new Promise(setImmediate);
  expect(inUse).toBe('{{ messages }}');
  const large = new File([new Uint8Array(1e6 + 1)], 'large.jinja');
  await openFiles([{ path: large.name, file: large }]);
  expect(getApp().templateError?.text).toContain('large.jinja is too large for a chat template.');
  expect(inUse).toBe('{{ messages }}');
});

test('another address chooses another, or none', async () => {
  place.hash = '#chat-template=chatml';
  followHash();
  await expect.poll(() => inUse).toBe('chatml');
  place.hash = '';
  followHash();
  await expect.poll(() => inUse).toBeNull();
});

test('a recipe brings it along; of a run only its hash is known, and that is said', async () => {
  const recipe = (content: object) => new File([JSON.stringify(content)], 'r.json');
  await openRecipe(recipe({ format: 'lowrank-recipe', settings: {}, chat_template: 'plain' }));
  await expect.poll(() => inUse).toBe('plain');
  await openRecipe(recipe({ format: 'lowrank-run', settings: {}, chat_template: { sha256: 'x' } }));
  expect(getApp().recipeNote).toContain('chat template of its own, which this file does not hold');
});

test('a saved run is resumed through the one that it was begun with', async () => {
  const saved: SavedRun = {
    name: 'mine',
    began: '2026-12-01',
    model: { choice: null, name: 'base', chatTemplate: 'chatml' },
    data: { choice: { kind: 'stored', name: 'mine.jsonl' }, name: 'mine.jsonl' },
    request: { settings: PAGE_DEFAULTS, prompts: [] } as unknown as TrainRequest,
    step: 3,
  };
  setApp({ saved });
  await resumeSaved();
  expect(trained?.template).toBe('chatml');
  expect(getApp().runTemplate).toBe('chatml');
});
