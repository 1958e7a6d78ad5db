import { type KeyboardEvent, useRef } from 'react';
import type { RunState } from '../../run/events.ts';
import { late } from '../region/late.tsx';
import { Region } from '../region/region.tsx';
import { ReportTab } from '../report/report-tab.tsx';
import { isBusy } from '../state/run.ts';
import { setApp, type Tab, useApp } from '../state/store.ts';
import { TakeAway } from '../take/take-away.tsx';
import { TakeTab } from '../take/take-tab.tsx';
import css from './answers.module.css';
import { CompareTab } from './compare-tab.tsx';
import { SamplesTab } from './samples-tab.tsx';
import { WeightsTab } from './weights-tab.tsx';

const DataTab = late(() => import('./data-tab.tsx'));
const RunsTab = late(() => import('../history/runs-tab.tsx'));
const LabTab = late(() => import('../lab/lab-tab.tsx'));

const LABELS: Record<Tab, string> = {
  samples: 'Samples',
  compare: 'Compare',
  data: 'Data',
  weights: 'Weights',
  lab: 'Lab',
  take: 'Export',
  runs: 'Runs',
  report: 'Report',
};

/** Each has one place, whether there is something behind it or not: what was learned of the places holds. */
const TABS = Object.keys(LABELS) as Tab[];

/** Why there is nothing behind a tab now; null where there is. */
function absent(tab: Tab, state: RunState, brought: boolean): string | null {
  if (tab === 'compare') return state === 'finished' ? 'Both models answer in the middle' : null;
  if (tab === 'take') return state === 'finished' || (state === 'idle' && brought) ? null : AFTER;
  return tab !== 'report' || state === 'finished' ? null : AFTER;
}

const AFTER = 'Once a run has ended';

/** The right column: what the model says, what it reads, what can be taken away. */
export function Answers() {
  const state = useApp(({ run }) => run.state);
  const chosen = useApp((app) => app.tab);
  const brought = useApp((app) => app.adapter !== null);
  const why = (tab: Tab) => absent(tab, state, brought);
  const tab = why(chosen) === null ? chosen : 'samples';
  return (
    <>
      <TabList tab={tab} why={why} />
      <div className={css.panel} role="tabpanel" id={`panel-${tab}`} aria-labelledby={`tab-${tab}`}>
        <Region key={tab} name={`“${LABELS[tab]}”`} instead={tab === 'take' && <PlainDownload />}>
          {tab === 'samples' && <SamplesTab />}
          {tab === 'compare' && <CompareTab />}
          {tab === 'data' && <DataTab />}
          {tab === 'weights' && <WeightsTab />}
          {tab === 'take' && <TakeTab />}
          {tab === 'lab' && <LabTab />}
          {tab === 'runs' && <RunsTab />}
          {tab === 'report' && <ReportTab />}
        </Region>
      </div>
      {isBusy(state) && tab !== 'data' && tab !== 'runs' && tab !== 'lab' && (
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
function TabList({ tab, why }: { tab: Tab; why(tab: Tab): string | null }) {
  const list = useRef<HTMLDivElement>(null);
  const press = (event: KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const tabs = TABS.filter((name) => why(name) === null);
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length];
    setApp({ tab: next });
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div ref={list} className={css.tabs} role="tablist" aria-label="Answers" onKeyDown={press}>
      {TABS.map((name) => (
        <button
          key={name}
          type="button"
          role="tab"
          id={`tab-${name}`}
          aria-selected={name === tab}
          aria-controls={name === tab ? `panel-${name}` : undefined}
          aria-disabled={why(name) === null ? undefined : true}
          title={why(name) ?? undefined}
          tabIndex={name === tab ? 0 : -1}
          onClick={() => why(name) === null && setApp({ tab: name })}
        >
          {LABELS[name]}
        </button>
      ))}
    </div>
  );
}
