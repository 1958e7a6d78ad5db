/**
 * The methods that can be trained: the name in settings, flags and files, the one that people read, when to take it, and
 * the learning rate that the page begins with.
 */
export const METHOD_NAMES = [
  {
    value: 'lora',
    label: 'LoRA',
    when: 'Trains two small matrices beside each target module: the usual choice.',
    rate: 1e-3,
  },
  {
    value: 'dora',
    label: 'DoRA',
    about: 'trains the length of each row of a weight, too',
    when: 'LoRA that trains the length of each row of a weight apart from its direction: take it where LoRA of a low rank falls short and a slower step is no matter.',
    rate: 1e-3,
  },
  {
    value: 'ia3',
    label: '(IA)³',
    about: 'trains one factor for each output',
    when: 'Trains one factor for each output: take it for the smallest file that still merges into the model.',
    rate: 1e-2,
  },
  {
    value: 'prompt',
    label: 'prompt tuning',
    when: 'Trains virtual tokens in front of every row: take it for a file of kilobytes where the model can do the task and needs to be told which.',
    rate: 3e-2,
  },
  {
    value: 'prefix',
    label: 'prefix tuning',
    when: 'Trains keys and values of virtual tokens in every layer: take it where a prompt is too weak and the model is to stay as it is.',
    rate: 1e-2,
  },
] as const;

/** How LoRA's matrices can begin; methods/lora/starts.ts. */
export const START_NAMES = [
  { value: 'default', label: 'default', about: 'as the base' },
  { value: 'pissa', label: 'PiSSA', about: 'the base’s largest parts' },
  { value: 'olora', label: 'OLoRA', about: 'the base’s first directions' },
  { value: 'loftq', label: 'LoftQ', about: 'what rounding took off the base' },
  { value: 'eva', label: 'EVA', about: 'the data’s main directions' },
] as const;

/** Whether a start takes s·B₀A₀ off the base, so that its file holds 2r rows of A; methods/lora/moved.ts. */
export function movesBase({ start }: { start?: (typeof START_NAMES)[number]['value'] }): boolean {
  return start === 'pissa' || start === 'olora';
}
