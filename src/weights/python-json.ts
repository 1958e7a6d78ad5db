const TOKENS = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?Infinity|NaN/g;
/** No text of a file can be this: JSON has no bare NUL in a string. */
const NAN = '\u0000NaN';

/**
 * JSON as Python writes it, which has NaN, Infinity and −Infinity as well.
 * @throws SyntaxError
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/Infinity|NaN/.test(text)) throw error;
  }
  const plain = text.replace(TOKENS, (token) => {
    if (token.startsWith('"')) return token;
    if (token === 'NaN') return JSON.stringify(NAN);
    return token.startsWith('-') ? '-1e999' : '1e999';
  });
  return JSON.parse(plain, (_, value: unknown) => (value === NAN ? Number.NaN : value));
}
