import { Drawer } from '@mantine/core';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import { Setup } from './setup.tsx';

/** The set-up on a middle-sized screen. Its head is a plain box: Mantine's would be the page's second banner. */
export function SetupDrawer() {
  const opened = useApp((state) => state.drawer);
  return (
    <Drawer.Root
      opened={opened}
      onClose={() => setApp({ drawer: false })}
      size={372}
      // Not as the content's own style, which would colour the whole window.
      styles={{ content: { background: 'var(--ground)' } }}
    >
      <Drawer.Overlay />
      <Drawer.Content>
        <div className={shared.dialogHead}>
          <Drawer.Title>Set-up</Drawer.Title>
          <Drawer.CloseButton aria-label="Close the set-up" />
        </div>
        <Drawer.Body style={{ display: 'grid', gap: 12 }}>
          <Setup layout="middle" />
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
