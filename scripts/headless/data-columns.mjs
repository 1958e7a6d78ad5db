import { usage } from './failure.mjs';

/** What the column flags say, and what the data were read as. */

/**
 * `--prompt-column`, `--completion-column` and `--system-column` as a mapping; undefined where none is given.
 * @param {Record<string, any>} values
 * @returns {import('../../src/data/forms/row.ts').Mapping | undefined}
 */
export function columnsInput(values) {
  const [prompt, completion, system] = ['prompt-column', 'completion-column', 'system-column'].map(
    (name) => values[name],
  );
  if (completion === undefined) {
    if (prompt !== undefined)
      throw usage('--completion-column is missing: --prompt-column alone has no answer.');
    if (system !== undefined)
      throw usage('--system-column: give --prompt-column and --completion-column beside it.');
    return undefined;
  }
  if (prompt === undefined) {
    if (system !== undefined) throw usage('--prompt-column is missing: a text has no system column.');
    return { text: completion };
  }
  return system === undefined ? { prompt, completion } : { prompt, completion, system };
}

/**
 * Says which columns were taken for what.
 * @param {import('../../src/data/types.ts').DataReport} report
 * @param {(line: string) => void} say
 */
export function sayRows({ name, format, formatReason, guessed, waiting, proposed, bad }, say) {
  if (waiting > 0)
    throw usage(
      `--data: ${name}: ${formatReason} Name them with --prompt-column and --completion-column (alone: a text).${likely(proposed)}`,
    );
  if (format === null && bad.length > 0)
    throw usage(
      `--data: ${name}: ${formatReason} Line ${bad[0].line}: ${bad[0].reason} The file was not changed.`,
    );
  say(`${name}: ${formatReason}`);
  if (guessed)
    say(
      'Warning: that is a guess by the names of the columns. --prompt-column and --completion-column decide (the latter alone: a text).',
    );
}

/**
 * The flags that are likely to be meant, as a shell takes them.
 * @param {import('../../src/data/forms/row.ts').Mapping | null} proposed
 */
function likely(proposed) {
  if (proposed === null) return '';
  const quoted = (/** @type {string} */ name) =>
    /^[\w.-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`;
  const flags =
    'text' in proposed
      ? [['completion', proposed.text]]
      : [
          ['prompt', proposed.prompt],
          ['completion', proposed.completion],
          ...(proposed.system === undefined ? [] : [['system', proposed.system]]),
        ];
  return ` By what is in them: ${flags.map(([flag, name]) => `--${flag}-column ${quoted(name)}`).join(' ')}.`;
}
