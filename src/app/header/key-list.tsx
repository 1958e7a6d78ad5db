import { Modal } from '@mantine/core';
import { ACTIONS } from '../actions/registry.ts';
import { setApp, useApp } from '../state/store.ts';
import css from './header.module.css';

/** Every key the page listens to, from the same objects that do the work. */
export function KeyList() {
  const shown = useApp((state) => state.keysShown);
  return (
    <Modal
      opened={shown}
      onClose={() => setApp({ keysShown: false })}
      title="Keys"
      size="xs"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div className={css.keys}>
        {ACTIONS.filter((action) => action.keyLabel).map((action) => (
          <div key={action.id} style={{ display: 'contents' }}>
            <kbd>{action.keyLabel}</kbd>
            <span>{action.label}</span>
          </div>
        ))}
      </div>
    </Modal>
  );
}
