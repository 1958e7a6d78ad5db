import { isSystem, type Question } from '../../data/forms/questions.ts';

/** How a question is put: with an instruction as its system turn, or with passages of documents before it. */

/** System turns of fewer of the rows than this are no instruction for all. */
const COMMON = 0.5;

/** The system turn that most rows have, where at least half of them have the same; else null. */
export function commonInstruction(questions: readonly Question[]): string | null {
  const counts = new Map<string, number>();
  for (const question of questions) {
    const own = systemOf(question);
    if (own !== null) counts.set(own, (counts.get(own) ?? 0) + 1);
  }
  const [text, count] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? ['', 0];
  return count > 0 && count >= COMMON * questions.length ? text : null;
}

function systemOf({ turns }: Question): string | null {
  const own = turns.find(({ role }) => isSystem(role))?.content.trim();
  return own ? own : null;
}

/** The question without a system turn that says no more than the instruction: one of its own is part of what it asks. */
export function withoutInstruction(question: Question, instruction: string | null): Question {
  const turns = question.turns.filter((turn) => !isSystem(turn.role) || turn.content.trim() !== instruction);
  return { ...question, turns };
}

/** The question with the instruction as its system turn; before its own, where that says something else. */
export function withInstruction(question: Question, instruction: string | null): Question {
  if (instruction === null) return question;
  const own = systemOf(question);
  if (own === instruction) return question;
  if (own === null)
    return { ...question, turns: [{ role: 'system', content: instruction }, ...question.turns] };
  const turns = question.turns.map((turn) =>
    isSystem(turn.role) ? { ...turn, content: `${instruction}\n\n${turn.content}` } : turn,
  );
  return { ...question, turns };
}

/** The question with passages before the words of its last user turn, with empty lines between. */
export function withPassages(question: Question, passages: readonly string[]): Question {
  if (passages.length === 0) return question;
  const last = question.turns.findLastIndex(({ role }) => role === 'user');
  const turns = question.turns.map((turn, i) =>
    i === last ? { ...turn, content: [...passages, turn.content].join('\n\n') } : turn,
  );
  return { ...question, turns };
}

/** What a question is searched by: all its turns but the system's. */
export function wordsOf({ turns }: Question): string {
  return turns
    .filter(({ role }) => !isSystem(role))
    .map(({ content }) => content)
    .join('\n');
}
