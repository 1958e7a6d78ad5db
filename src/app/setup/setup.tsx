import { Region } from '../region/region.tsx';
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
      <Region name="The model">
        <ModelCard />
      </Region>
      <Region name="The adapter">
        <AdapterCard />
      </Region>
      <Region name="The data">
        <DataCard />
      </Region>
      <Region name="The recipe">
        <RecipeCard />
      </Region>
      <div className={css.foot}>
        <Region name="The memory bar">
          <MemoryBar />
        </Region>
        {layout === 'wide' && (
          <div className={css.controls}>
            <RunControls />
          </div>
        )}
      </div>
    </>
  );
}
