import type { Layout } from '../shared/layout.ts';
import { AdapterCard } from './adapter-card.tsx';
import { DataCard } from './data-card.tsx';
import { MemoryBar } from './memory-bar.tsx';
import { ModelCard } from './model-card.tsx';
import { RecipeCard } from './recipe-card.tsx';
import { RunControls } from './run-controls.tsx';
import css from './setup.module.css';

/** What a run is made of, top to bottom; memory and the run's buttons stay in sight below. */
export function Setup({ layout }: { layout: Layout }) {
  return (
    <>
      <ModelCard />
      <AdapterCard />
      <DataCard />
      <RecipeCard />
      <div className={css.foot}>
        <MemoryBar />
        {layout === 'wide' && (
          <div className={css.controls}>
            <RunControls />
          </div>
        )}
      </div>
    </>
  );
}
