import { Popover } from '@mantine/core';
import { useState } from 'react';
import { PrivacyPanel } from '../privacy/panel.tsx';
import { Lock } from '../shared/icons.tsx';
import type { Layout } from '../shared/layout.ts';
import header from './header.module.css';

/** The header's promise; a press says what it rests on, what is kept, and offers to keep or leave nothing. */
export function Privacy({ layout }: { layout: Layout }) {
  const [opened, setOpened] = useState(false);
  const label = 'Nothing leaves this tab';
  return (
    <Popover opened={opened} onChange={setOpened} width={340} position="bottom-end" shadow="md" trapFocus>
      <Popover.Target>
        <button
          type="button"
          className={layout === 'wide' ? header.pill : header.icon}
          aria-label={layout === 'wide' ? undefined : label}
          onClick={() => setOpened(!opened)}
        >
          <Lock />
          {layout === 'wide' && label}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        <PrivacyPanel />
      </Popover.Dropdown>
    </Popover>
  );
}
