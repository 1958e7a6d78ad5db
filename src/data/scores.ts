/** How right answers are, where the data has right answers. */
export interface Scores {
  /** Share of answers equal to their reference, but for space around them. */
  exact_match: number | null;
  /** Where references are labels: share of answers that are the right one, whatever their case and full stop. */
  label_accuracy: number | null;
  /** Where references are JSON objects: share of answers that are, too; and share of fields that are right. */
  json_valid: number | null;
  field_accuracy: number | null;
}

/** A label is short, on one line, and comes again: this many rows a label at least. */
export const LABEL_LENGTH = 40;
export const ROWS_PER_LABEL = 2;

export function scoresOf(pairs: readonly { answer: string; reference: string }[]): Scores {
  const none = { exact_match: null, label_accuracy: null, json_valid: null, field_accuracy: null };
  if (pairs.length === 0) return none;
  const share = (right: (pair: { answer: string; reference: string }) => boolean) =>
    pairs.filter(right).length / pairs.length;
  const objects = pairs.map(({ reference }) => objectOf(reference));
  const exact = share(({ answer, reference }) => answer.trim() === reference.trim());
  if (objects.every((object) => object !== null))
    return {
      ...none,
      exact_match: exact,
      json_valid: share(({ answer }) => objectOf(answer) !== null),
      field_accuracy: fieldAccuracy(
        pairs.map(({ answer }) => objectOf(answer)),
        objects,
      ),
    };
  const labels = new Set(pairs.map(({ reference }) => normalLabel(reference)));
  const isLabels =
    pairs.every(({ reference }) => reference.length <= LABEL_LENGTH && !reference.trim().includes('\n')) &&
    labels.size * ROWS_PER_LABEL <= pairs.length;
  return {
    ...none,
    exact_match: exact,
    label_accuracy: isLabels ? share(isLabel) : null,
  };
}

/** Whether an answer is the label of its reference, whatever its case and full stop. */
export function isLabel({ answer, reference }: { answer: string; reference: string }): boolean {
  return normalLabel(answer) === normalLabel(reference);
}

export function normalLabel(text: string): string {
  return text
    .trim()
    .replace(/[.!]+$/, '')
    .toLowerCase();
}

type JsonObject = Record<string, unknown>;

function objectOf(text: string): JsonObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : null;
  } catch {
    return null;
  }
}

/** Over all fields of all references; a field that only the answer has counts as wrong. */
function fieldAccuracy(answers: readonly (JsonObject | null)[], references: readonly JsonObject[]): number {
  let right = 0;
  let all = 0;
  references.forEach((reference, i) => {
    const fields = fieldsOf(answers[i] ?? {}, reference);
    right += fields.right;
    all += fields.of;
  });
  return all === 0 ? 1 : right / all;
}

function fieldsOf(answer: JsonObject, reference: JsonObject): { right: number; of: number } {
  const keys = [...new Set([...Object.keys(reference), ...Object.keys(answer)])];
  const right = keys.filter(
    (key) => key in reference && key in answer && canonical(reference[key]) === canonical(answer[key]),
  );
  return { right: right.length, of: keys.length };
}

/** Fields of one answer that are right, of those that it or its reference has; none of one where the reference is no JSON object. */
export function fieldsRight({ answer, reference }: { answer: string; reference: string }): {
  right: number;
  of: number;
} {
  const wanted = objectOf(reference);
  return wanted ? fieldsOf(objectOf(answer) ?? {}, wanted) : { right: 0, of: 1 };
}

/** Of each field of the reference, whether the answer has it right; none where the reference is no JSON object. */
export function fieldOutcomes({
  answer,
  reference,
}: {
  answer: string;
  reference: string;
}): [string, boolean][] {
  const [given, wanted] = [objectOf(answer) ?? {}, objectOf(reference) ?? {}];
  return Object.keys(wanted).map((key) => [
    key,
    Object.hasOwn(given, key) && canonical(given[key]) === canonical(wanted[key]),
  ]);
}

/** JSON with keys in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
