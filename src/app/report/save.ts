import { type Scene, scenePng, sceneSvg } from '../../drawing/scene.ts';
import { fileName } from '../../files/file-name.ts';
import { save } from '../actions/take.ts';
import { curveScene, movementScene } from '../drawing/curve-scene.ts';
import { movementWords } from '../drawing/movement-words.ts';
import { getApp } from '../state/store.ts';
import { reportHtml } from './report-html.ts';
import { overlays, reportParts } from './report-parts.ts';

/** Saves the run that is shown as one HTML file. */
export function saveReport(withRows: boolean): void {
  const html = reportHtml(reportParts(withRows));
  save(new Blob([html], { type: 'text/html' }), `${fileName(getApp().runName)}-report.html`);
}

/** Saves the loss curve, with what is laid over it, as a picture. */
export async function saveCurve(kind: 'png' | 'svg'): Promise<void> {
  const { run, runName } = getApp();
  await savePicture(curveScene({ run, overlays: overlays() }), 'loss', `Loss of ${runName}`, kind);
}

/** Saves the map of how far each part has moved as a picture. */
export async function saveMap(kind: 'png' | 'svg'): Promise<void> {
  const { run, runName, model, settings, runSettings } = getApp();
  if (!run.movement) return;
  const scene = movementScene(
    run.movement,
    model?.targets ?? [],
    movementWords((runSettings ?? settings).method),
  );
  await savePicture(scene, 'map', `How much each part of ${runName} has changed`, kind);
}

async function savePicture(scene: Scene, what: string, about: string, kind: 'png' | 'svg'): Promise<void> {
  const blob =
    kind === 'png' ? await scenePng(scene) : new Blob([sceneSvg(scene, about)], { type: 'image/svg+xml' });
  save(blob, `${fileName(getApp().runName)}-${what}.${kind}`);
}
