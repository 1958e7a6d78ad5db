import { useId, useState } from 'react';
import type { FormatWords } from '../../export/format.ts';
import { stopWork } from '../actions/take.ts';
import { copyText, NOT_COPIED } from '../shared/copy-text.ts';
import { bytes, percent } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './take.module.css';

/** The one bright button of an export; it says how large the file is and, once pressed, how far it has come. */
export function DownloadButton(props: {
  format: FormatWords;
  size: number | null;
  /** Of the base model that goes with it. */
  base?: number;
  disabled: boolean;
  onPress(size: number | null): void;
}) {
  const { format, size, base = 0 } = props;
  const { button, label } = format;
  const taking = useApp((state) => state.taking);
  // A file with the base in it must not be taken for an adapter of that size.
  const sizes =
    size === null
      ? base > 0 && `base ${bytes(base)}`
      : base > 0
        ? `${bytes(Math.round(size))} + base ${bytes(base)}`
        : bytes(Math.round(size));
  const far = taking?.total ? ` ${percent(taking.done / taking.total)}` : '…';
  const about = taking
    ? `${taking.what.toLowerCase()}${far}`
    : [!button.toLowerCase().includes(label.toLowerCase()) && label, sizes].filter(Boolean).join(', ');
  return (
    <>
      <button
        type="button"
        // The size stands in a pseudo-element: the button's name must not change with it.
        className={`${shared.main} ${css.download}`}
        aria-label={button}
        aria-description={about}
        data-about={about}
        disabled={props.disabled || taking !== null}
        onClick={() => props.onPress(size === null ? null : size + base)}
      >
        {button}
      </button>
      {taking && (
        <button type="button" className={shared.link} onClick={() => void stopWork()}>
          Stop
        </button>
      )}
    </>
  );
}

/** Whether the bundled base model is included in the download. */
export function WithBase(props: { checked: boolean; onChange(checked: boolean): void }) {
  const size = useApp((state) => state.model?.bytes ?? 0);
  const id = useId();
  return (
    <label className={shared.smallTick} htmlFor={id} title="So that the folder works on its own">
      <input
        id={id}
        type="checkbox"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget.checked)}
      />
      Include the base model, {bytes(size)}
    </label>
  );
}

/** Lines to copy. */
export function CodeLines(props: { title: string; language: string; lines: readonly string[] }) {
  const [copied, setCopied] = useState('');
  const [refused, setRefused] = useState(false);
  const id = useId();
  const text = props.lines.join('\n');
  return (
    <section className={css.code} aria-labelledby={id}>
      <div className={shared.between}>
        <h2 className={shared.heading} id={id}>
          {props.title} <span>{props.language}</span>
        </h2>
        <button
          type="button"
          className={shared.accentLink}
          onClick={() => void copyText(text).then((done) => (done ? setCopied(text) : setRefused(true)))}
        >
          {copied === text ? 'Copied' : refused ? NOT_COPIED : 'Copy'}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre className={`${shared.card} ${shared.mono}`} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
