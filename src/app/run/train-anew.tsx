import { Modal } from '@mantine/core';
import { trainAnew } from '../actions/run.ts';
import shared from '../shared/shared.module.css';
import { setApp, useApp } from '../state/store.ts';
import css from './welcome.module.css';

/** Asked on pressing Train while an unfinished run is on offer: a new one takes its place for good. */
export function TrainAnew() {
  const saved = useApp((state) => state.saved);
  const asked = useApp((state) => state.askedAnew);
  const leave = () => setApp({ askedAnew: false });
  if (!saved) return null;
  return (
    <Modal.Root opened={asked} onClose={leave} size="sm">
      <Modal.Overlay />
      <Modal.Content>
        <div className={shared.dialogHead}>
          <Modal.Title>
            Start a new run and discard {saved.name} (step {saved.step})?
          </Modal.Title>
        </div>
        <Modal.Body>
          <div className={css.ways}>
            {/* First and in focus: a press in haste must not discard. */}
            <button type="button" className={shared.main} onClick={leave}>
              Keep it
            </button>
            <button type="button" className={shared.button} onClick={() => void trainAnew()}>
              Discard and train
            </button>
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
