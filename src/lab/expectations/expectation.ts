import { isLabel } from '../../data/scores.ts';
import { UserError } from '../../errors.ts';

/** What must be in an answer, by a name, with the words of the page. */
export const KINDS = {
  contains: {
    label: 'Contains',
    wants: true,
    about: 'The text stands somewhere in the answer, capitals as they are.',
  },
  equals: { label: 'Equals', wants: true, about: 'The answer is the text, but for space around it.' },
  label: {
    label: 'Label',
    wants: true,
    about: 'The answer is the label, whatever its capitals and full stop.',
  },
  pattern: {
    label: 'Pattern',
    wants: true,
    about: 'The regular expression of JavaScript is found somewhere in the answer.',
  },
  json: { label: 'Valid JSON', wants: false, about: 'The whole answer is JSON, of whatever kind.' },
} as const;

export type ExpectationKind = keyof typeof KINDS;

/** A question, and what an answer to it must have. */
export interface Expectation {
  prompt: string;
  kind: ExpectationKind;
  /** The text, label or pattern; empty of kinds that want none. */
  wanted: string;
}

/** Whether an answer has what is expected of it. */
export function meets({ kind, wanted }: Pick<Expectation, 'kind' | 'wanted'>, answer: string): boolean {
  switch (kind) {
    case 'contains':
      return answer.includes(wanted);
    case 'equals':
      return answer.trim() === wanted.trim();
    case 'label':
      return isLabel({ answer, reference: wanted });
    case 'pattern':
      return new RegExp(wanted, 'u').test(answer);
    case 'json':
      return isJson(answer);
  }
}

/**
 * An expectation out of what a person wrote, or of a line of a file: `{"prompt": …, "contains": …}`, with the kind as key, or
 * `{"prompt": …, "json": true}`.
 * @throws UserError `bad-expectation` in one sentence; nothing of the rest is affected
 */
export function expectationOf(given: unknown): Expectation {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw refused('An expectation is an object with a prompt and what its answer must have');
  const { prompt, ...rest } = given as Record<string, unknown>;
  if (typeof prompt !== 'string' || prompt.trim() === '') throw refused('An expectation has no prompt');
  const keys = Object.keys(rest);
  const unknown = keys.find((key) => !Object.hasOwn(KINDS, key));
  if (unknown !== undefined)
    throw refused(`“${unknown}” is nothing that can be expected; there are ${Object.keys(KINDS).join(', ')}`);
  if (keys.length !== 1)
    throw refused(
      keys.length === 0
        ? `Nothing is expected of “${prompt}”`
        : `“${prompt}” expects ${keys.join(' and ')}; one at a time`,
    );
  const kind = keys[0] as ExpectationKind;
  const wanted = rest[kind];
  if (!KINDS[kind].wants) {
    if (wanted !== true) throw refused(`${kind} of “${prompt}” is true or left out`);
    return { prompt, kind, wanted: '' };
  }
  if (typeof wanted !== 'string' || wanted.trim() === '')
    throw refused(`${kind} of “${prompt}” has no text to look for`);
  if (kind === 'pattern') refusePattern(wanted);
  return { prompt, kind, wanted };
}

/** One line of a file. */
export function expectationLine({ prompt, kind, wanted }: Expectation): string {
  return JSON.stringify({ prompt, [kind]: KINDS[kind].wants ? wanted : true });
}

/**
 * Expectations of a JSON Lines file; empty lines are left out.
 * @throws UserError `bad-expectation` with the number of the line
 */
export function readExpectations(text: string): Expectation[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [expectationOf(JSON.parse(line))];
    } catch (error) {
      const why = error instanceof UserError ? error.message : 'It is no JSON. Nothing was changed. Mend it.';
      throw new UserError('bad-expectation', `Line ${i + 1}: ${why}`);
    }
  });
}

function refusePattern(pattern: string): void {
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^.*: /, '') : String(error);
    throw refused(`The pattern ${pattern} cannot be read (${why})`);
  }
}

function refused(what: string): UserError {
  return new UserError('bad-expectation', `${what}. Nothing was changed. Mend it.`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
