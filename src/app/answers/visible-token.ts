/** A token's text with what cannot be seen drawn: a space as an open box, line ends and tabs as arrows. */
export function visibleToken(text: string): string {
  if (text === '') return '∅';
  return text.replaceAll(' ', '␣').replaceAll('\n', '↵').replaceAll('\t', '→');
}
