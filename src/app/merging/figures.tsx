import { errorFinding } from '../../lab/merging/error-finding.ts';
import { wayOf } from '../../merging/list.ts';
import { bytes, count, plural } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useMerging } from '../state/merging.ts';
import { isTaken, useApp } from '../state/store.ts';
import css from './merging.module.css';

/** How large the merge is and how far from what the way computes; its place is kept while it is made. */
export function MergeFigures() {
  const { made, pending, done, way } = useMerging();
  const taken = useApp(isTaken);
  const none = taken
    ? 'The model is in use. It is merged again once that has ended.'
    : 'Choose at least one adapter.';
  return (
    <div className={css.figures} data-pending={pending || undefined} role="status">
      {made ? (
        <>
          <p>
            <b>Rank {made.rank}</b>, {plural(made.parameters, 'value')}, {bytes(made.bytes)}
          </p>
          <p>{errorFinding({ way: wayOf(way), errors: made.errors })}</p>
        </>
      ) : (
        <p>{pending ? 'Merging' : none}</p>
      )}
      <p className={shared.faint}>
        {pending && done && `Merging: matrix ${count(done.done)} of ${count(done.total)}`}
      </p>
    </div>
  );
}
