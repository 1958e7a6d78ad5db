import { Drawer } from '@mantine/core';
import { setApp, useApp } from '../state/store.ts';
import { Setup } from './setup.tsx';

/** The set-up on a middle-sized screen. */
export function SetupDrawer() {
  const opened = useApp((state) => state.drawer);
  return (
    <Drawer
      opened={opened}
      onClose={() => setApp({ drawer: false })}
      title="Set-up"
      size={372}
      closeButtonProps={{ 'aria-label': 'Close the set-up' }}
      styles={{
        content: { background: 'var(--ground)' },
        header: { background: 'var(--ground)' },
        body: { display: 'grid', gap: 12 },
      }}
    >
      <Setup layout="middle" />
    </Drawer>
  );
}
