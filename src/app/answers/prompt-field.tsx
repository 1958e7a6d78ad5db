import { type KeyboardEvent, useState } from 'react';
import { addPrompt, ask, canAsk, cancelAnswer } from '../actions/answers.ts';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import css from './answers.module.css';

/**
 * The page's one field named `Prompt`. Before a run (`add`) it adds a question that the run will ask as it goes;
 * otherwise it asks base and tuned at once.
 */
export function PromptField({ kind, large }: { kind: 'add' | 'ask' | 'ask-and-show'; large?: boolean }) {
  const [text, setText] = useState('');
  const asking = useApp((state) => state.asking);
  const ready = useApp(canAsk);
  const submit = () => {
    const prompt = text.trim();
    if (prompt === '' || (kind !== 'add' && !canAsk())) return;
    setText('');
    if (kind === 'add') {
      addPrompt(prompt);
      return;
    }
    if (kind === 'ask-and-show') setApp({ tab: 'compare' });
    void ask(prompt);
  };
  const press = (event: KeyboardEvent) => {
    // An unfinished word of an input method ends with Enter too.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  return (
    <form
      className={kind === 'ask' ? css.ask : css.add}
      data-large={large || undefined}
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        aria-label="Prompt"
        rows={1}
        value={text}
        placeholder={kind === 'add' ? '+ Add a prompt' : 'Ask both models…'}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={press}
        // A prompt that was written counts, even where Train follows without Enter.
        onBlur={kind === 'add' ? submit : undefined}
      />
      {kind === 'ask' &&
        (asking ? (
          <button type="button" className={shared.button} onClick={() => void cancelAnswer()}>
            Cancel
          </button>
        ) : (
          <button type="submit" className={shared.button} disabled={text.trim() === '' || !ready}>
            Ask
          </button>
        ))}
    </form>
  );
}
