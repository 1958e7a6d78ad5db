import { createRoot } from 'react-dom/client';
import { afterEach, expect, test, vi } from 'vitest';
import { EMPTY_RUN } from '../../../src/app/state/run.ts';
import { setApp } from '../../../src/app/state/store.ts';
import { READING } from '../../../src/app/tour/progress.ts';
import Tour from '../../../src/app/tour/tour.tsx';

/** In a browser, since it is timers that turn the captions. */

const host = document.body.appendChild(document.createElement('div'));
const root = createRoot(host);

afterEach(() => {
  root.unmount();
  host.remove();
  vi.useRealTimers();
  vi.restoreAllMocks();
  setApp({ run: EMPTY_RUN });
});

test('a timer that ends a little early does not keep the next caption back for ever', async () => {
  let clock = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  const pass = async (onClock: number, onTimers: number) => {
    clock += onClock;
    vi.advanceTimersByTime(onTimers);
    // Until React has drawn what came of it.
    for (let frame = 0; frame < 5; frame++) await new Promise(requestAnimationFrame);
  };
  setApp({
    run: {
      ...EMPTY_RUN,
      state: 'training',
      series: { ...EMPTY_RUN.series, step: [1, 2, 3], loss: [5, 4, 3], smooth: [5, 4, 3] },
    },
  });
  root.render(<Tour />);
  await expect.poll(() => host.textContent).toContain('Training moves only a small set');
  await pass(READING - 0.5, READING);
  expect(host.textContent).toContain('Training moves only a small set');
  await pass(1000, 1000);
  expect(host.textContent).toContain('The loss is falling');
});
