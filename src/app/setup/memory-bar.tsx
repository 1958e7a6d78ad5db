import { Term } from '../glossary/term.tsx';
import { bytes, bytesLike } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { memoryParts } from '../state/memory.ts';
import { useApp } from '../state/store.ts';
import css from './setup.module.css';

/** What a run takes, by category; planned until a run has measured it. */
export function MemoryBar() {
  const estimate = useApp((state) => state.estimate);
  const run = useApp((state) => state.run);
  const hardware = useApp((state) => state.hardware);
  const parts = memoryParts({ estimate, run, hardware });
  const like = bytesLike(parts?.total ?? 0);
  const share = (value: number) => ({ width: parts ? `${(100 * value) / parts.total}%` : '0' });
  return (
    <div className={css.memory}>
      <div className={shared.between}>
        <Term term="memory">Memory</Term>
        <span className={shared.mute}>
          {parts ? `${parts.measured ? '' : 'about '}${bytes(parts.total)}` : '—'}
        </span>
      </div>
      <div className={css.bar} aria-hidden="true">
        {parts && (
          <>
            <i style={{ ...share(parts.base), background: 'var(--base)' }} />
            <i style={{ ...share(parts.adapter), background: 'var(--accent)', minWidth: 3 }} />
            <i style={{ ...share(parts.optimizer), background: 'var(--accent-mid)', minWidth: 3 }} />
            <i
              style={{
                flex: 1,
                background: 'repeating-linear-gradient(45deg, var(--base) 0 2px, transparent 2px 5px)',
              }}
            />
          </>
        )}
      </div>
      <div className={css.legend}>
        {parts ? (
          <>
            <span>base {like(parts.base)}</span>
            <b>adapter {like(parts.adapter)}</b>
            <span>optimizer {like(parts.optimizer)}</span>
            <span>activations {like(parts.activation)}</span>
            {parts.other !== null && (
              <span>
                {parts.of === 'teacher'
                  ? `while the teacher reads; training takes ${bytes(parts.other)}`
                  : `in training; the teacher, which reads before, takes ${bytes(parts.other)}`}
              </span>
            )}
            {parts.teacher !== null && <span>and what the teacher gives {bytes(parts.teacher)}</span>}
          </>
        ) : (
          <span>appears once a model and data are open</span>
        )}
      </div>
    </div>
  );
}
