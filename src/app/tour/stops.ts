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
    text: 'Three cards say what is trained, on what, and how. A model and a sample are ready; open a card to change it, or drop a file anywhere.',
  },
  {
    target: 'train',
    title: 'Train',
    text: 'This begins a run; so does the key T. Pause and go on as you like; what was learned until you stop is kept.',
  },
  {
    target: 'run',
    title: 'The run',
    text: 'Here the loss falls: how surprised the model is by your answers. Drag on the curve to zoom; click a point to read what the model said at that step.',
  },
  {
    target: 'answers',
    title: 'What it says',
    text: 'Your own prompts, answered before, during and after training, and in the end the adapter to take away: a small file that other programs load.',
  },
  {
    target: 'privacy',
    title: 'Nothing leaves this tab',
    text: 'What this browser enforces, what it keeps of yours on this device, and one button that erases it.',
  },
];
