import { late } from '../region/late.tsx';
import { Region } from '../region/region.tsx';
import shared from '../shared/shared.module.css';
import { useApp } from '../state/store.ts';
import css from './live.module.css';

const LiveAnswer = late(() => import('./live-answer.tsx'));

/** The answer that rewrites itself, where the run asks something; its place is kept until it comes. */
export function LivePart() {
  const asks = useApp(
    ({ run, prompts }) => run.films.length > 0 || (run.state !== 'finished' && prompts.length > 0),
  );
  return (
    asks && (
      <div className={`${shared.card} ${css.live}`}>
        <Region name="The answer as it learns">
          <LiveAnswer />
        </Region>
      </div>
    )
  );
}
