/** The objectives: the name in settings, flags and files, and the one that people read. The default stands first. */
export const OBJECTIVE_NAMES = [{ value: 'sft', label: 'Supervised' }] as const;

export type ObjectiveName = (typeof OBJECTIVE_NAMES)[number]['value'];
