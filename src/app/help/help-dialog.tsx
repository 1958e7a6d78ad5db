import { Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import { version } from '../../../package.json';
import { TermPicture } from '../glossary/pictures.tsx';
import shared from '../shared/shared.module.css';
import { setApp } from '../state/store.ts';
import { startTour } from '../state/tour.ts';
import css from './help.module.css';
import { IDEAS } from './ideas.ts';

/** Of the sources that this was built from; empty where that is not known. */
declare const COMMIT: string;

/** What all this is, in six ideas, and where to read or see more. */
export default function HelpDialog({ opened, close }: { opened: boolean; close(): void }) {
  // Mantine gives the focus back only to where it was when a dialog that is there already opens.
  const [there, setThere] = useState(false);
  useEffect(() => setThere(true), []);
  const instead = (then: () => void) => () => {
    close();
    then();
  };
  return (
    <Modal.Root opened={opened && there} onClose={close} size={720}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={shared.dialogHead}>
          <Modal.Title>What happens here</Modal.Title>
          <Modal.CloseButton aria-label="Close" />
        </div>
        <Modal.Body className={css.body}>
          <ul className={css.ideas}>
            {IDEAS.map(({ question, answer, picture }) => (
              <li key={question}>
                <TermPicture name={picture} />
                <h3 className={shared.heading}>{question}</h3>
                <p>{answer}</p>
              </li>
            ))}
          </ul>
          <p className={shared.mute}>Words with a dotted line explain themselves when you click them.</p>
          <div className={css.ways}>
            <button type="button" className={shared.button} onClick={instead(startTour)}>
              Take the tour
            </button>
            <button
              type="button"
              className={shared.button}
              onClick={instead(() => setApp({ keysShown: true }))}
            >
              Keyboard shortcuts
            </button>
            <a className={shared.accentLink} href="./guide/guide.html" target="_blank" rel="noreferrer">
              Read the guide
            </a>
            <span className={shared.faint}>
              Lowrank {version}
              {COMMIT && `, ${COMMIT}`}
            </span>
          </div>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
