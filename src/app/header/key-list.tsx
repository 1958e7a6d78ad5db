import { Modal } from '@mantine/core';
import { ACTIONS } from '../actions/registry.ts';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import { startTour } from '../state/tour.ts';
import css from './header.module.css';

/** Every key the page listens to, from the same objects that do the work. */
export function KeyList() {
  const shown = useApp((state) => state.keysShown);
  return (
    <Modal.Root opened={shown} onClose={() => setApp({ keysShown: false })} size="xs">
      <Modal.Overlay />
      <Modal.Content>
        <div className={shared.dialogHead}>
          <Modal.Title>Keyboard shortcuts</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body className={css.keys}>
          {ACTIONS.filter((action) => action.keyLabel).map((action) => (
            <div key={action.id} style={{ display: 'contents' }}>
              <kbd>{action.keyLabel}</kbd>
              <span>{action.label}</span>
            </div>
          ))}
          <button
            type="button"
            className={shared.accentLink}
            onClick={() => {
              setApp({ keysShown: false });
              startTour();
            }}
          >
            Take the one-minute tour
          </button>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
