import { expect, test, vi } from 'vitest';
import { inTurn } from '../../../../src/app/actions/in-turn.ts';
import { openModel, pauseDownload } from '../../../../src/app/actions/open.ts';
import { getApp, setApp } from '../../../../src/app/state/store.ts';
import type { ModelChoice } from '../../../../src/worker/api/api.ts';

const asked: ModelChoice[] = [];
const api = {
  async openModel(choice: ModelChoice) {
    asked.push(choice);
    throw new Error('hub-paused: It was paused.');
  },
  cancelModel: async () => {},
  cancelGenerate: async () => {},
  hardware: async () => ({ device: 'wasm' }),
};
vi.mock('../../../../src/app/state/connection.ts', async (original) => ({
  ...(await original<object>()),
  worker: async () => api,
}));

test('a download that is paused before the worker has heard of it is paused, and goes on when it is resumed', async () => {
  const choice: ModelChoice = { kind: 'hub', id: 'some-org/Tiny' };
  // The answer under way has to end first.
  let end = () => {};
  void inTurn(
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  const opening = openModel(choice);
  await expect.poll(() => getApp().modelWork?.what).toBe('Opening the model');
  await pauseDownload();
  end();
  await opening;
  expect(asked).toEqual([]);
  expect(getApp().modelPaused?.choice).toEqual(choice);
  await openModel(choice);
  expect(asked).toEqual([choice]);
  setApp({ modelPaused: null });
});
