/** What the tour shows, in order. `target`: the `data-tour` of the element that it points at. */
export interface Stop {
  target: 'setup' | 'train' | 'run' | 'answers' | 'privacy';
  title: string;
  text: string;
}

export const STOPS: readonly Stop[] = [
  {
    target: 'setup',
    title: 'Model, data, recipe',
    text: 'Three cards say what is trained, on what data, and how. A small model and sample rows are ready. Open a card to change it, or drop a file anywhere.',
  },
  {
    target: 'train',
    title: 'Train',
    text: 'Starts a run; the key T does the same. You can pause or stop at any time and keep what it has learned so far.',
  },
  {
    target: 'run',
    title: 'The run',
    text: 'The loss shows how surprised the model is by your examples; lower is better. Drag across the curve to zoom, or click a point to read what the model said at that step.',
  },
  {
    target: 'answers',
    title: 'What it says',
    text: 'Your own prompts, answered before, during and after training, and at the end the adapter to download: a small file that other programs can load.',
  },
  {
    target: 'privacy',
    title: 'Nothing leaves this tab',
    text: 'See what the browser enforces and what is stored on this device. One button erases it.',
  },
];
