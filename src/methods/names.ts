/** The methods that can be trained: the name in settings, flags and files, and the one that people read. */
export const METHOD_NAMES = [
  { value: 'lora', label: 'LoRA' },
  { value: 'dora', label: 'DoRA', about: 'trains the length of each row of a weight, too' },
  { value: 'ia3', label: '(IA)³', about: 'trains one factor for each output' },
  { value: 'prompt', label: 'prompt tuning' },
  { value: 'prefix', label: 'prefix tuning' },
] as const;

/** How LoRA's matrices can begin; methods/lora/starts.ts. */
export const START_NAMES = [
  { value: 'default', label: 'default', about: 'as the base' },
  { value: 'pissa', label: 'PiSSA', about: 'the base’s largest parts' },
  { value: 'olora', label: 'OLoRA', about: 'the base’s first directions' },
  { value: 'loftq', label: 'LoftQ', about: 'what rounding took off the base' },
  { value: 'eva', label: 'EVA', about: 'the data’s main directions' },
] as const;
