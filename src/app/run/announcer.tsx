import { useEffect, useState } from 'react';
import shared from '../shared/shared.module.css';
import { statusOf } from '../state/run.ts';
import { getApp, useApp } from '../state/store.ts';
import { announcementOf } from './announcement.ts';

/** Milliseconds between two sentences while nothing but numbers change. */
const EVERY = 10_000;

/** Tells screen readers how the run goes: at once when its state changes or a wish is heard, every ten seconds in between. */
export function Announcer() {
  const word = useApp(({ run }) => statusOf(run, true).word);
  const wish = useApp(({ run }) => run.wish);
  const busy = useApp(({ run }) => run.state !== 'idle');
  const [text, setText] = useState('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: another word or wish is what a new sentence is for
  useEffect(() => {
    if (!busy) {
      setText('');
      return;
    }
    const say = () => setText(announcementOf(getApp().run));
    say();
    const timer = setInterval(say, EVERY);
    return () => clearInterval(timer);
  }, [word, wish, busy]);
  return (
    <div className={shared.hidden} aria-live="polite">
      {text}
    </div>
  );
}
