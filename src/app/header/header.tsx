import { Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { RunControls } from '../setup/run-controls.tsx';
import { bytes } from '../shared/format.ts';
import { Mark, Theme } from '../shared/icons.tsx';
import type { Layout } from '../shared/layout.ts';
import shared from '../shared/shared.module.css';
import { memoryParts } from '../state/memory.ts';
import { setApp, useApp } from '../state/store.ts';
import css from './header.module.css';
import { Help } from './help.tsx';
import { Present } from './present.tsx';
import { Privacy } from './privacy.tsx';
import { Status } from './status.tsx';

export function Header({ layout }: { layout: Layout }) {
  const runName = useApp((state) => state.runName);
  return (
    <header className={css.header}>
      <h1 className={css.mark}>
        <Mark />
        Lowrank
      </h1>
      {layout !== 'phone' && <span className={css.separator} />}
      {layout === 'wide' && <span className={css.name}>{runName || 'New run'}</span>}
      <Status />
      <span className={css.grow} />
      <Privacy layout={layout} />
      {layout !== 'phone' && <Device />}
      {layout === 'middle' && (
        <div className={css.controls}>
          <button type="button" className={shared.button} onClick={() => setApp({ drawer: true })}>
            Set-up
          </button>
          <RunControls />
        </div>
      )}
      <Present />
      <Help />
      <ThemeSwitch />
    </header>
  );
}

function Device() {
  const hardware = useApp((state) => state.hardware);
  const estimate = useApp((state) => state.estimate);
  const run = useApp((state) => state.run);
  if (!hardware) return <span className={css.pill}>Looking for a GPU</span>;
  const memory = memoryParts({ estimate, run, hardware });
  const about =
    hardware.problem ??
    (hardware.maxBufferBytes
      ? `Browsers do not reveal how much memory a GPU has. One buffer here can hold up to ${bytes(hardware.maxBufferBytes)}.`
      : 'The device that the model trains on.');
  return (
    <Tooltip multiline w={320} label={about} events={{ hover: true, focus: true, touch: true }}>
      <button type="button" className={css.pill} data-problem={hardware.problem ? '' : undefined}>
        {hardware.name}
        {hardware.threads > 1 && `, ${hardware.threads} threads`}
        {memory?.measured && <span className={shared.faint}>{bytes(memory.total)}</span>}
      </button>
    </Tooltip>
  );
}

function ThemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = scheme === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      className={css.icon}
      aria-label={`Switch to the ${other} theme`}
      title={`Switch to the ${other} theme`}
      onClick={() => {
        // Back to what the system says is back to following it.
        const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
        setColorScheme(other === system ? 'auto' : other);
      }}
    >
      <Theme />
    </button>
  );
}
