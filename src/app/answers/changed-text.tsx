import { changedWords } from '../shared/changed-words.ts';
import shared from '../shared/shared.module.css';

/** An answer with the words that the other one does not have in the accent. */
export function ChangedText({ before, after }: { before: string; after: string }) {
  let at = 0;
  return changedWords(before, after).map(({ text, changed }) => {
    const key = at;
    at += text.length;
    return changed ? (
      <span key={key} className={shared.changed}>
        {text}
      </span>
    ) : (
      text
    );
  });
}
