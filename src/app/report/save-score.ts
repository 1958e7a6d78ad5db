import { scenePng } from '../../drawing/scene.ts';
import { fileName } from '../../files/file-name.ts';
import { save } from '../actions/take.ts';
import { fingerprint, signed } from '../outcome/signed.ts';
import { useOutcome } from '../state/outcome.ts';
import { useRecital } from '../state/recital.ts';
import { getApp } from '../state/store.ts';
import { scoreCard } from './score-card.ts';
import { scoreScene } from './score-scene.ts';

/** Saves what the run is worth: as a picture, or signed as JSON. */
export async function saveScore(kind: 'png' | 'json'): Promise<void> {
  const app = getApp();
  const card = scoreCard({
    ...{ app, outcome: useOutcome.getState(), recital: useRecital.getState() },
    created: new Date().toISOString(),
  });
  if (!card) throw new Error('no measured run');
  const file = await signed(card);
  const name = `${fileName(app.runName)}-score`;
  if (kind === 'json') {
    save(new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: 'application/json' }), `${name}.json`);
    return;
  }
  const proof = { sha256: file.sha256, key: await fingerprint(file.signature.public_key) };
  save(await scenePng(scoreScene(card, proof), 1), `${name}.png`);
}
