/** What became of an expectation from one model to another. */
export type Change = 'better' | 'broke' | 'met' | 'missed';

export const CHANGE_WORDS: Readonly<Record<Change, string>> = {
  better: 'got better',
  broke: 'broke',
  met: 'still met',
  missed: 'still missed',
};

export function changeOf(before: boolean, after: boolean): Change {
  if (before === after) return after ? 'met' : 'missed';
  return after ? 'better' : 'broke';
}

/** `2 got better, 1 broke, 5 still met`: what changed first; what there is none of is not named. */
export function changesText(changes: readonly Change[]): string {
  const said = (Object.keys(CHANGE_WORDS) as Change[]).flatMap((change) => {
    const count = changes.filter((one) => one === change).length;
    return count > 0 ? [`${count} ${CHANGE_WORDS[change]}`] : [];
  });
  return said.join(', ');
}
