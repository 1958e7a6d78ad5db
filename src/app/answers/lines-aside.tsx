import { useState } from 'react';
import type { DataReport } from '../../data/types.ts';
import { save } from '../actions/take.ts';
import { copyText } from '../shared/copy-text.ts';
import { count } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import css from './data.module.css';

/** Bad lines shown at once; the list that is copied has all that the report keeps. */
const SHOWN = 50;

/** Lines that are not trained on, each with its number and the reason. */
export function LinesAside({ data }: { data: DataReport }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  const { bad, dropped, isEstimate } = data.skipped;
  const aside = bad + dropped;
  if (aside === 0) return null;
  const lines = [...data.bad, ...data.droppedRows].sort((a, b) => a.line - b.line);
  const list = lines.map(({ line, reason }) => `${line}\t${reason}`).join('\n');
  const copy = async () => {
    setCopied(await copyText(list));
  };
  return (
    <section className={css.aside} aria-labelledby="skipped-lines">
      <div className={shared.between}>
        <h2 className={shared.heading} id="skipped-lines">
          Skipped lines{' '}
          <span>
            {isEstimate && 'about '}
            {count(aside)}
          </span>
        </h2>
        {lines.length > 0 && (
          <span style={{ display: 'flex', gap: 12 }}>
            <button type="button" className={shared.accentLink} onClick={() => void copy()}>
              {copied
                ? 'Copied'
                : copied === null
                  ? 'Copy the list'
                  : 'Not copied: this browser offers no clipboard'}
            </button>
            <button
              type="button"
              className={shared.accentLink}
              onClick={() => save(new Blob([`line\twhy\n${list}\n`]), 'skipped-lines.tsv')}
            >
              Save the list
            </button>
          </span>
        )}
      </div>
      {lines.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">line</th>
              <th scope="col">why</th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, SHOWN).map(({ line, reason }) => (
              <tr key={`${line} ${reason}`}>
                <td>{count(line)}</td>
                <td>{reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {aside > Math.min(SHOWN, lines.length) && (
        <p className={shared.faint}>
          and {isEstimate && 'about '}
          {count(aside - Math.min(SHOWN, lines.length))} more
        </p>
      )}
    </section>
  );
}
