import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { ModelCard } from '../../../../src/app/setup/model-card.tsx';
import { useApp } from '../../../../src/app/state/store.ts';
import { restoreState } from '../restore-state.ts';

restoreState(useApp);

test('what was ignored in a model is told on its card, which may be closed', () => {
  const model = {
    name: 'Toy',
    kind: 'folder',
    precision: 'f16',
    bytes: 10,
    layers: 1,
    licence: null,
    notes: ['A note.'],
    template: { own: true, chosen: null, proposed: 'plain' },
  };
  // Static markup shows the state that the page begins with.
  Object.assign(useApp.getInitialState(), { model });
  expect(renderToStaticMarkup(<ModelCard />)).toContain('A note.');
});

test('a GGUF file stands on the card under its own name too, which need not be what its metadata say', () => {
  const file = new File(['x'], 'pirate-f16.gguf');
  Object.assign(useApp.getInitialState(), { modelChoice: { kind: 'gguf', file } });
  expect(renderToStaticMarkup(<ModelCard />)).toContain('pirate-f16.gguf');
});
