import { renderToStaticMarkup } from 'react-dom/server';
import { afterEach, expect, test } from 'vitest';
import { MovementMap } from '../../../../src/app/run/movement-map.tsx';
import { TokenTable } from '../../../../src/app/run/virtual-tokens.tsx';
import { PAGE_DEFAULTS } from '../../../../src/app/state/presets.ts';
import { EMPTY_RUN } from '../../../../src/app/state/run.ts';
import { type AppState, useApp } from '../../../../src/app/state/store.ts';
import type { MethodId } from '../../../../src/methods/types.ts';
import type { ModelInfo } from '../../../../src/worker/api/api.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

/** Rendered outside a page, the store shows how it began. */
const start = useApp.getInitialState();
const setApp = (state: Partial<AppState>) => void Object.assign(start, state);
afterEach(() => setApp({ model: null, run: EMPTY_RUN, settings: PAGE_DEFAULTS }));

const model = { layers: 3, targets: ['q_proj', 'v_proj'], defaultTargets: ['q_proj', 'v_proj'] } as ModelInfo;
const markup = (method: MethodId, movement: AppState['run']['movement'] = null) => {
  setApp({
    model,
    settings: { ...PAGE_DEFAULTS, method, virtualTokens: 5 },
    run: { ...EMPTY_RUN, movement },
  });
  return renderToStaticMarkup(<MovementMap />);
};
const cells = (html: string) => html.match(/<i style="--share/g)?.length;

test.each<[MethodId, number, string]>([
  ['lora', 6, '‖ΔW‖ / ‖W‖'],
  ['dora', 6, '‖ΔW‖ / ‖W‖'],
  ['ia3', 6, 'RMS of l − 1'],
  ['prefix', 6, 'no nearest words'],
  ['prompt', 5, 'told once the run has finished'],
])('%s has a map of %d cells before anything has moved', (method, count, words) => {
  const html = markup(method);
  expect(cells(html)).toBe(count);
  expect(html).toContain(words);
  expect(html).toContain('aria-label="Not measured yet"');
});

test('of a prompt the columns are virtual tokens, counted from 1', () => {
  const modules = [0, 1, 2].map((layer) => ({ layer, target: 'prompt' }));
  const html = markup('prompt', { step: 4, modules, values: [0.1, 0.5, 0.2] });
  expect(html).toContain('aria-label="Most in virtual token 2, prompt: 50 %"');
  expect(html).toContain('title="virtual token 3, prompt: 20 %"');
});

test('each virtual token stands with its words, what cannot be seen in them drawn', () => {
  const html = renderToStaticMarkup(
    <TokenTable
      tokens={[
        { moved: 0.25, nearest: [{ id: 7, text: ' sea', cosine: 0.914 }] },
        { moved: null, nearest: [{ id: 9, text: '\n', cosine: 1 }] },
      ]}
    />,
  );
  expect(html).toContain('<td>25 %</td>');
  expect(html).toContain('<b>␣sea</b> 0.91');
  expect(html).toContain('<td>—</td>');
  expect(html).toContain('<b>↵</b> 1.00');
});
