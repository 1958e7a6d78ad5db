/** The prompts once the page gives others: those of a person's own stay, behind them. */
export function swapPrompts(
  prompts: readonly string[],
  given: readonly string[],
  next: readonly string[],
): string[] {
  return [...next, ...prompts.filter((prompt) => !given.includes(prompt) && !next.includes(prompt))];
}
