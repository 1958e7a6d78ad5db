import { sourcesText } from '../../merging/record.ts';
import type { RunSettings } from '../../run/settings/list.ts';
import { goOnFromAdapter, openMerging, removeAdapter } from '../actions/adapter.ts';
import { settingsLocked } from '../actions/settings.ts';
import shared from '../shared/shared.module.css';
import { shortTarget } from '../shared/target-name.ts';
import { Trouble } from '../shared/trouble.tsx';
import { setApp, useApp } from '../state/store.ts';
import own from './model.module.css';
import css from './setup.module.css';

/** `rank 8, alpha 16 on q, v`, or of another method what it is. */
export function shapeOf({
  method,
  virtualTokens,
  rank,
  alpha,
  targets,
  rslora,
}: Partial<RunSettings>): string {
  if (method === 'prompt' || method === 'prefix') return `${method} tuning, ${virtualTokens} virtual tokens`;
  const names = (targets ?? []).map(shortTarget).join(', ');
  if (method === 'ia3') return `(IA)³ on ${names}`;
  return `${method === 'dora' ? 'DoRA, ' : ''}rank ${rank}, alpha ${alpha} on ${names}${rslora ? ', rank-stabilised' : ''}`;
}

/** An adapter that was brought, in place only where there is one. */
export function AdapterCard() {
  const adapter = useApp((state) => state.adapter);
  const error = useApp((state) => state.adapterError);
  const locked = useApp(settingsLocked);
  if (!adapter && !error) return null;
  return (
    <section className={shared.card} aria-label="Adapter">
      {adapter && (
        <>
          <div className={css.head} style={{ cursor: 'auto' }}>
            <span className={shared.label}>Adapter</span>
            <span className={css.title}>{adapter.name}</span>
            <span />
            <span className={css.sub}>{shapeOf(adapter.info.settings)}</span>
          </div>
          <div className={css.below} style={{ display: 'grid', gap: 8 }}>
            {adapter.merged && <p className={shared.mute}>Merged from {sourcesText(adapter.merged)}</p>}
            {adapter.info.notes.map((note) => (
              <p key={note} className={shared.mute} role="status">
                {note}
              </p>
            ))}
            <label className={shared.tick}>
              <input
                type="checkbox"
                checked={adapter.goOn}
                disabled={locked}
                onChange={(event) => goOnFromAdapter(event.currentTarget.checked)}
              />
              Continue training from it
            </label>
            <div className={own.buttons}>
              <button
                type="button"
                className={shared.accentLink}
                onClick={() => setApp({ tab: 'compare', pane: 'answers', drawer: false })}
              >
                Try it
              </button>
              <button
                type="button"
                className={shared.accentLink}
                disabled={locked}
                onClick={() => setApp({ tab: 'take', pane: 'answers', drawer: false })}
              >
                Export
              </button>
              <button type="button" className={shared.accentLink} disabled={locked} onClick={openMerging}>
                Merge
              </button>
              <button
                type="button"
                className={shared.link}
                disabled={locked}
                onClick={() => void removeAdapter()}
              >
                Remove
              </button>
            </div>
          </div>
        </>
      )}
      {error && (
        <div style={{ padding: 12 }}>
          <Trouble
            error={error}
            what="The adapter was not opened."
            next={{ label: 'Close', run: () => setApp({ adapterError: null }) }}
          />
        </div>
      )}
    </section>
  );
}
