/**
 * The dates that chat templates ask for with `strftime_now`: local time as ISO 8601 writes it, without a zone, so that a
 * run has the date on which it began wherever and whenever its rows are rendered again.
 */

/** This moment, to the second: `2026-12-01T15:06:07`. */
export function localDate(at = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-');
  return `${day}T${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

export function isSameDay(a: string, b: string): boolean {
  return a.slice(0, 10) === b.slice(0, 10);
}

/** Whether what a template writes depends on the date. */
export function asksForDate(template: string | null): boolean {
  return template !== null && /\bstrftime_now\b/.test(template);
}
