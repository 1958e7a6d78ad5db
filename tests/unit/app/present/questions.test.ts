import { describe, expect, it } from 'vitest';
import { firstShown, presented } from '../../../../src/app/present/questions.ts';
import { EMPTY_RUN, type RunView } from '../../../../src/app/state/run.ts';
import { type Exchange, getApp } from '../../../../src/app/state/store.ts';

const frame = (step: number, text: string) => ({ step, text, done: true });
const films = [
  { prompt: 'Who?', frames: [frame(0, 'I am.'), frame(10, 'Arr.'), frame(20, 'Arr, matey.')] },
  { prompt: 'What?', frames: [frame(0, 'That.')] },
];
const asked: Exchange = {
  ...{ id: 1, prompt: 'Where?', base: 'There.', tuned: 'Yonder.' },
  ...{ step: 20, strength: 1, done: true },
};
const app = (run: Partial<RunView>, exchanges: Exchange[] = []) => ({
  ...getApp(),
  exchanges,
  run: { ...EMPTY_RUN, ...run },
});

describe('the questions that are shown large', () => {
  it('are those of the page before a run, with what the base says', () => {
    const before = {
      ...app({}),
      prompts: ['Who?', ' '],
      baseAnswers: { 'Who?': { text: 'I am.', done: true } },
    };
    expect(presented(before)).toEqual([{ prompt: 'Who?', base: 'I am.', tuned: null, when: '' }]);
  });

  it('follow a run, and say of which step the answer is', () => {
    const [who, what] = presented(app({ state: 'training', step: 23, films }));
    expect(who).toEqual({ prompt: 'Who?', base: 'I am.', tuned: 'Arr, matey.', when: 'step 20' });
    expect(what).toEqual({ prompt: 'What?', base: 'That.', tuned: null, when: '' });
  });

  it('have what the person asked after a run, which comes first', () => {
    const after = app({ state: 'finished', step: 20, films: films.slice(0, 1) }, [asked]);
    const all = presented(after);
    expect(all.map(({ prompt, tuned, when }) => [prompt, tuned, when])).toEqual([
      ['Who?', 'Arr, matey.', ''],
      ['Where?', 'Yonder.', ''],
    ]);
    expect(firstShown(all, after.exchanges)).toBe(1);
    expect(firstShown(all.slice(0, 1), [])).toBe(0);
    const earlier = { ...after, exchanges: [{ ...asked, step: 10, strength: 0.5 }] };
    expect(presented(earlier)[1].when).toBe('at step 10, strength 0.50');
  });
});
