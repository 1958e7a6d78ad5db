/** More than any pattern that PEFT, Unsloth or a person writes. */
const MOST = { length: 2000, groups: 24, quantifiers: 6 };

/**
 * A regular expression of Python's from an adapter's config; null where it is none here, or where matching it could
 * go on for ever: it comes from a file, and nothing can interrupt a match. A repeated group or a back-reference can take
 * time that is exponential in the length of a path; the number of quantifiers is the power of what the others take.
 */
export function pythonPattern(source: string, before = '', after = ''): RegExp | null {
  if (source.length > MOST.length) return null;
  // Without escapes and classes, in which these signs mean themselves.
  const signs = source
    .replace(/\\[1-9]|\(\?P=/g, '){')
    .replace(/\\./g, 'x')
    .replace(/\[[^\]]*\]/g, 'x');
  const groups = signs.split('(').length - 1;
  const quantifiers = signs.replaceAll('(?', '(').match(/[*+?{][?+]?/g)?.length ?? 0;
  if (/\)[*+?{]/.test(signs) || groups > MOST.groups || quantifiers > MOST.quantifiers) return null;
  try {
    return new RegExp(before + source.replaceAll('(?P<', '(?<') + after);
  } catch {
    return null;
  }
}
