/** The methods that can be trained: the name in settings, flags and files, and the one that people read. */
export const METHOD_NAMES = [{ value: 'lora', label: 'LoRA' }] as const;
