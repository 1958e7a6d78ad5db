import { canvasPng, drawScene, sceneCanvas, sceneFont } from '../../drawing/scene.ts';
import { fileName } from '../../files/file-name.ts';
import { save } from '../actions/take.ts';
import { curveScene } from '../drawing/curve-scene.ts';
import { count } from '../shared/format.ts';
import type { Frame, RunView } from '../state/run.ts';
import { getApp } from '../state/store.ts';
import { type AnswerPicture, answerScene } from './answer-scene.ts';
import type { Part } from './frames.ts';
import { clipSeconds, momentOf } from './timeline.ts';

/** The answer that rewrites itself, above the run's curve, as a picture or a short clip. Nothing that the page does not show. */

const WIDTH = 1280;
const HEIGHT = 720;
const CURVE = 320;
/** Pictures a second. */
const RATE = 25;

export interface ClipKind {
  type: string;
  ending: string;
}

/** What a browser may record, the smallest first; Safari before 18.4 knows MP4 alone. */
const KINDS: readonly ClipKind[] = [
  { type: 'video/webm;codecs=vp9', ending: 'webm' },
  { type: 'video/webm;codecs=vp8', ending: 'webm' },
  { type: 'video/webm', ending: 'webm' },
  { type: 'video/mp4', ending: 'mp4' },
];

/** Which of them this browser records; null where it records none. */
export function recordable(): ClipKind | null {
  if (typeof MediaRecorder === 'undefined' || !('captureStream' in HTMLCanvasElement.prototype)) return null;
  return KINDS.find(({ type }) => MediaRecorder.isTypeSupported(type)) ?? null;
}

function picture(draw: CanvasRenderingContext2D, run: RunView, step: number, answer: AnswerPicture): void {
  const measure = (text: string, size: number) => {
    draw.font = sceneFont(size);
    return draw.measureText(text).width;
  };
  drawScene(draw, answerScene(answer, WIDTH, HEIGHT - CURVE, measure));
  draw.save();
  draw.translate(0, HEIGHT - CURVE);
  drawScene(draw, curveScene({ run, overlays: [], at: step }, WIDTH, CURVE));
  draw.restore();
}

export function whenWords(step: number, steps: number): string {
  return step === 0 ? 'Before training' : `Step ${count(step)} of ${count(steps)}`;
}

/** Saves the answer as it stands, with the curve, as a PNG. */
export async function saveStill(question: string, step: number, parts: readonly Part[]): Promise<void> {
  const { run, runName } = getApp();
  const { canvas, draw } = sceneCanvas(WIDTH, HEIGHT, 2);
  picture(draw, run, step, { question, parts, when: whenWords(step, run.step) });
  save(await canvasPng(canvas), `${fileName(runName)}-answer.png`);
}

/**
 * Records the answers one after another, in the time that the clip takes, and saves it. `told` gets the seconds that are
 * left; where it answers false the recording ends and nothing is saved.
 *
 * @param still whether answers are exchanged at once, for a person who wishes for little motion
 */
export async function saveClip(
  kind: ClipKind,
  { question, frames, still }: { question: string; frames: readonly Frame[]; still: boolean },
  told: (left: number) => boolean,
): Promise<void> {
  const { run, runName } = getApp();
  const { canvas, draw } = sceneCanvas(WIDTH, HEIGHT, 1);
  const total = clipSeconds(frames.length);
  const show = (seconds: number) => {
    const { step, parts } = momentOf(frames, seconds, still);
    picture(draw, run, step, { question, parts, when: whenWords(step, run.step) });
  };
  show(0);
  const stream = canvas.captureStream(RATE);
  const recorder = new MediaRecorder(stream, { mimeType: kind.type, videoBitsPerSecond: 2_500_000 });
  const pieces: Blob[] = [];
  recorder.ondataavailable = ({ data }) => void pieces.push(data);
  const ended = new Promise<void>((resolve, reject) => {
    recorder.onstop = () => resolve();
    recorder.onerror = () => reject(new Error('the recorder failed'));
  });
  recorder.start();
  const begun = performance.now();
  let wanted = true;
  for (let seconds = 0; seconds < total && wanted; seconds = (performance.now() - begun) / 1000) {
    show(seconds);
    wanted = told(total - seconds);
    await new Promise((resolve) => setTimeout(resolve, 1000 / RATE));
  }
  if (recorder.state !== 'inactive') recorder.stop();
  await ended;
  for (const track of stream.getTracks()) track.stop();
  if (wanted)
    save(new Blob(pieces, { type: kind.type.split(';')[0] }), `${fileName(runName)}-answer.${kind.ending}`);
}
