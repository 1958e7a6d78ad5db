/** The prompts after the page has replaced its own; the user's stay, after them. */
export function swapPrompts(
  prompts: readonly string[],
  given: readonly string[],
  next: readonly string[],
): string[] {
  return [...next, ...prompts.filter((prompt) => !given.includes(prompt) && !next.includes(prompt))];
}
