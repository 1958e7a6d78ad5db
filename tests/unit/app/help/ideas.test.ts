import { expect, test } from 'vitest';
import { GLOSSARY } from '../../../../src/app/glossary/glossary.ts';
import { IDEAS } from '../../../../src/app/help/ideas.ts';
import { chanceOf } from '../../../../src/app/outcome/chance.ts';

test('six ideas, each a question with its answer', () => {
  expect(IDEAS).toHaveLength(6);
  for (const { question, answer } of IDEAS) {
    expect(question).toMatch(/^\p{Lu}.*\?$/u);
    expect(answer).toMatch(/^\p{Lu}.*\.$/u);
  }
});

test('what is said of losses is what they are', () => {
  const said = [IDEAS[2].answer, GLOSSARY.loss.text];
  for (const text of said) {
    const pairs = [...text.matchAll(/loss of (\d)[^,]*?(?:is )?a chance of (1 in [\d.]+)/g)];
    expect(pairs.length).toBeGreaterThan(0);
    for (const [, loss, chance] of pairs) expect(chanceOf(Number(loss))).toBe(chance.replace(/\.$/, ''));
  }
});
