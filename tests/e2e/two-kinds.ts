const FRUIT = ['apple', 'plum', 'pear', 'cherry', 'lemon', 'fig', 'grape', 'peach', 'lime', 'melon'];

/** Rows that ask for two kinds of things, so many of each, as JSON Lines. */
export function twoKinds(count: number): string {
  return Array.from({ length: count }, (_, i) => [
    { prompt: `Say ${i}.`, completion: `It is ${i}.` },
    {
      prompt: `Which colour has the ${FRUIT[i % FRUIT.length]} in basket ${i} of the old market?`,
      completion: `The ${FRUIT[i % FRUIT.length]} is ${i % 2 === 0 ? 'red' : 'green'}.`,
    },
  ])
    .flat()
    .map((row) => JSON.stringify(row))
    .join('\n');
}
