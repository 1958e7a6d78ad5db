import { beforeEach, expect, test, vi } from 'vitest';
import { openResults, removeScoreCards } from '../../../../src/app/actions/results.ts';
import { signed } from '../../../../src/app/outcome/signed.ts';
import { useHistory } from '../../../../src/app/state/history.ts';
import { getApp } from '../../../../src/app/state/store.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useHistory);

const kept = new Map<string, string>();
beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  });
  useHistory.setState({ cards: [], others: [], othersNote: null });
});

const CARD = {
  ...{ format: 'lowrank-score-card', version: 1, created: '2026-12-02T00:00:00.000Z', name: 'Mine' },
  ...{ model: { name: 'bundled' }, data: { name: 'Sample: classify' }, command: 'npm run --silent train' },
  task: { what: 'Right labels', rows: 20, before: 0.1, after: 0.9 },
  held_out_loss: null,
};
const entry = (path: string, value: unknown) => ({
  path,
  file: new Blob([typeof value === 'string' ? value : JSON.stringify(value, null, 2)]),
});

test('a score card that is opened says whether it is as it was signed, and by whose key', async () => {
  const file = await signed(CARD);
  const rows = entry('rows.jsonl', '{"prompt":"a","completion":"b"}');
  expect(await openResults([entry('a/score.json', file), rows])).toEqual([rows]);
  expect(getApp()).toMatchObject({ tab: 'runs', pane: 'answers' });
  const [card] = useHistory.getState().cards;
  expect(card).toMatchObject({
    ...{ name: 'Mine', model: 'bundled', data: 'Sample: classify', fault: null, own: true, loss: null },
    ...{ task: { before: 0.1, after: 0.9 }, key: expect.stringMatching(/^[0-9a-f]{16}$/) },
  });
  // The same again is one; whose key is another's is not this browser's.
  kept.clear();
  await openResults([entry('again.json', file)]);
  expect(useHistory.getState().cards).toMatchObject([{ fault: null, own: false }]);
  removeScoreCards();
  expect(useHistory.getState().cards).toEqual([]);
});

test('one that was changed stands beside the true one and says so, whatever the order of its keys', async () => {
  const file = await signed(CARD);
  const changed = { ...file, card: { ...CARD, task: { ...CARD.task, after: 1 } } };
  const { card, ...proof } = file;
  await openResults([entry('true.json', { ...proof, card }), entry('changed.json', changed)]);
  expect(useHistory.getState().cards.map(({ fault }) => fault)).toEqual([
    null,
    expect.stringMatching(/SHA-256 is another/),
  ]);
  // Without any signature, too.
  await openResults([entry('bare.json', { card })]);
  expect(useHistory.getState().cards.at(-1)).toMatchObject({ key: '', own: false });
  expect(useHistory.getState().cards.at(-1)?.fault).not.toBeNull();
});

test('what is no card is refused by name, and no card is lost for it', async () => {
  const newer = { ...(await signed(CARD)), card: { ...CARD, version: 2 } };
  const cut = JSON.stringify(await signed(CARD), null, 2).slice(0, 200);
  await openResults([
    entry('good.json', await signed(CARD)),
    entry('newer.json', newer),
    entry('x/cut.json', cut),
  ]);
  expect(useHistory.getState().cards).toHaveLength(1);
  expect(useHistory.getState().othersNote).toBe(
    'newer.json was not opened. It was saved by a newer version of this page. cut.json was not opened. It is damaged.',
  );
});
