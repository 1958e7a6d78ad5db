/**
 * Which words of an answer are new against another: what is left of `after` once a longest common subsequence of
 * words with `before` is taken away. Words are compared with their punctuation and case. O(n·m) on short answers.
 *
 * @returns the text in runs, in order; joined they are `after`.
 */
export function changedWords(before: string, after: string): { text: string; changed: boolean }[] {
  const a = before.split(/\s+/).filter(Boolean);
  const pieces = after.match(/\S+\s*|\s+/g) ?? [];
  const b = pieces.map((piece) => piece.trim());
  // length[i][j]: longest common subsequence of a[i…] and b[j…].
  const width = b.length + 1;
  const length = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      length[i * width + j] =
        a[i] === b[j]
          ? length[(i + 1) * width + j + 1] + 1
          : Math.max(length[(i + 1) * width + j], length[i * width + j + 1]);
    }
  }
  const runs: { text: string; changed: boolean }[] = [];
  let i = 0;
  for (let j = 0; j < b.length; j++) {
    while (i < a.length && a[i] !== b[j] && length[(i + 1) * width + j] >= length[i * width + j + 1]) i++;
    const same = b[j] === '' || (i < a.length && a[i] === b[j]);
    if (same && b[j] !== '') i++;
    const last = runs[runs.length - 1];
    if (last && last.changed === !same) last.text += pieces[j];
    else runs.push({ text: pieces[j], changed: !same });
  }
  return runs;
}
