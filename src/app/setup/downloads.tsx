import { useEffect, useState } from 'react';
import type { Download } from '../../worker/api/api.ts';
import { listDownloads, openFromHub, removeDownload } from '../actions/models.ts';
import { settingsLocked } from '../actions/settings.ts';
import { bytes } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './model.module.css';

/** Models from the hub that are stored in this browser; each can be deleted. */
export function Downloads() {
  const [kept, setKept] = useState<Download[]>([]);
  const choice = useApp((state) => state.modelChoice);
  const working = useApp((state) => state.modelWork !== null);
  const paused = useApp((state) => state.modelPaused);
  const locked = useApp(settingsLocked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is kept changes with these
  useEffect(() => {
    let shown = true;
    listDownloads()
      .then((list) => shown && setKept(list))
      .catch(() => {});
    return () => {
      shown = false;
    };
  }, [choice, working, paused]);
  if (kept.length === 0) return null;
  return (
    <section className={css.part} aria-labelledby="kept-models">
      <h2 className={shared.heading} id="kept-models">
        Kept in this browser <span>{bytes(kept.reduce((sum, { bytes: size }) => sum + size, 0))}</span>
      </h2>
      <ul className={css.list}>
        {kept.map(({ key, id, revision, bytes: size }) => {
          // The open model's weights are read from there.
          const open = choice.kind === 'hub' && choice.id === id;
          return (
            <li key={key}>
              <span>
                {id} <span className={shared.faint}>{revision.slice(0, 7)}</span>
              </span>
              <span className={css.size}>{bytes(size)}</span>
              <span className={css.buttons}>
                {open ? (
                  <span className={shared.faint}>open</span>
                ) : (
                  <>
                    <button
                      type="button"
                      className={shared.accentLink}
                      disabled={locked || working}
                      aria-label={`Open ${id}`}
                      onClick={() => void openFromHub(id, revision)}
                    >
                      Open
                    </button>
                    <button
                      type="button"
                      className={shared.link}
                      disabled={locked || working}
                      aria-label={`Delete ${id}`}
                      onClick={() => void removeDownload(key).then(setKept)}
                    >
                      Delete
                    </button>
                  </>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
