import { type KeyboardEvent, Suspense, useRef } from 'react';
import { late } from '../region/late.tsx';
import { lazyPart } from '../region/lazy-part.tsx';
import { Region } from '../region/region.tsx';
import { ReportTab } from '../report/report-tab.tsx';
import { isBusy } from '../state/run.ts';
import { setApp, type Tab, useApp } from '../state/store.ts';
import { TakeAway } from '../take/take-away.tsx';
import { TakeTab } from '../take/take-tab.tsx';
import css from './answers.module.css';
import { CompareTab } from './compare-tab.tsx';
import { DataTab } from './data-tab.tsx';
import { SamplesTab } from './samples-tab.tsx';
import { WeightsTab } from './weights-tab.tsx';

const RunsTab = late(() => import('../history/runs-tab.tsx'));
const LadderTab = lazyPart(() => import('../ladder/ladder-tab.tsx'));

const LABELS: Record<Tab, string> = {
  samples: 'Samples',
  compare: 'Compare',
  data: 'Data',
  weights: 'Weights',
  ladder: 'Ladder',
  take: 'Export',
  runs: 'Runs',
  report: 'Report',
};

const WHILE_TRAINING: readonly Tab[] = ['samples', 'compare', 'data', 'weights', 'ladder', 'runs'];
/** A finished run compares in the wide column. */
const FINISHED: readonly Tab[] = ['take', 'samples', 'data', 'weights', 'ladder', 'runs', 'report'];

/** The right column: what the model says, what it reads, what can be taken away. */
export function Answers() {
  const state = useApp(({ run }) => run.state);
  const chosen = useApp((app) => app.tab);
  const brought = useApp((app) => app.adapter !== null);
  const tabs =
    state === 'finished'
      ? FINISHED
      : state === 'idle' && brought
        ? [...WHILE_TRAINING, 'take' as const]
        : WHILE_TRAINING;
  const tab = tabs.includes(chosen) ? chosen : tabs[0];
  return (
    <>
      <TabList tabs={tabs} tab={tab} />
      <div className={css.panel} role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        <Region key={tab} name={`“${LABELS[tab]}”`} instead={tab === 'take' && <PlainDownload />}>
          {tab === 'samples' && <SamplesTab />}
          {tab === 'compare' && <CompareTab />}
          {tab === 'data' && <DataTab />}
          {tab === 'weights' && <WeightsTab />}
          {tab === 'take' && <TakeTab />}
          {tab === 'ladder' && (
            <Suspense fallback={null}>
              <LadderTab />
            </Suspense>
          )}
          {tab === 'runs' && <RunsTab />}
          {tab === 'report' && <ReportTab />}
        </Region>
      </div>
      {isBusy(state) && tab !== 'data' && tab !== 'runs' && tab !== 'ladder' && (
        <Region name="The download">
          <TakeAway place="foot" />
        </Region>
      )}
    </>
  );
}

/** The adapter as one file, where the tab with all formats failed. */
function PlainDownload() {
  return (
    <Region name="The download">
      <TakeAway place="card" />
    </Region>
  );
}

/** Arrow keys walk along the tabs, as screen readers and keyboards expect of them. */
function TabList({ tabs, tab }: { tabs: readonly Tab[]; tab: Tab }) {
  const list = useRef<HTMLDivElement>(null);
  const press = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
    setApp({ tab: next });
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div ref={list} className={css.tabs} role="tablist" aria-label="Answers" onKeyDown={press}>
      {tabs.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === tab}
          aria-controls={name === tab ? `panel-${name}` : undefined}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => setApp({ tab: name })}
        >
          {LABELS[name]}
        </button>
      ))}
    </div>
  );
}
