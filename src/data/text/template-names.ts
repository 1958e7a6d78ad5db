/** The chat templates that can be chosen by name; `chosen-template.ts` writes them. */
export const TEMPLATE_NAMES = ['plain', 'chatml', 'alpaca'] as const;
export type TemplateName = (typeof TEMPLATE_NAMES)[number];

export function isTemplateName(choice: string): choice is TemplateName {
  return (TEMPLATE_NAMES as readonly string[]).includes(choice);
}
