import { useState } from 'react';
import { changePrompt } from '../actions/answers.ts';
import { beginning } from '../shared/format.ts';
import { Pencil } from '../shared/icons.tsx';
import shared from '../shared/shared.module.css';
import css from './answers.module.css';

/** A prompt as the heading of its answers; before a run it can be changed in place, or emptied to be rid of it. */
export function Question(props: { index: number; prompt: string; editable: boolean }) {
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null || !props.editable) {
    // It is asked whole; a page of it would push its answers out of sight.
    const shown = beginning(props.prompt);
    return (
      <div className={shared.between}>
        <h2 className={css.question}>“{shown}”</h2>
        {props.editable && (
          <button
            type="button"
            className={`${shared.icon} ${css.icon}`}
            aria-label={`Change “${shown}”`}
            title="Change, or empty to remove"
            onClick={() => setDraft(props.prompt)}
          >
            <Pencil />
          </button>
        )}
      </div>
    );
  }
  const keep = () => {
    setDraft(null);
    changePrompt(props.index, draft);
  };
  return (
    <textarea
      className={css.edit}
      aria-label={`Question ${props.index + 1}`}
      rows={1}
      // The press on the pencil asked for this field.
      // biome-ignore lint/a11y/noAutofocus: as above
      autoFocus
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onFocus={({ currentTarget: field }) => field.setSelectionRange(field.value.length, field.value.length)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) {
          event.preventDefault();
          keep();
        }
        if (event.key === 'Escape') {
          event.stopPropagation();
          setDraft(null);
        }
      }}
    />
  );
}
