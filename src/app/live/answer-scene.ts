import type { Line, Scene, Words } from '../../drawing/scene.ts';
import type { Part } from './frames.ts';

/** The light theme's colours, as of every picture that leaves the page. */
const COLOR = { ground: '#ffffff', ink: '#1c1c1a', faint: '#5f5e59', accent: '#086b5c', old: '#a9a8a2' };

const MARGIN = 40;
const SIZES = [56, 44, 34, 28, 22, 18];
const SMALL = 16;

/** What a picture of an answer says. */
export interface AnswerPicture {
  question: string;
  parts: readonly Part[];
  /** Which answer it is: `Step 54`. */
  when: string;
}

/** Width of a text in a size, in pixels. */
export type Measure = (text: string, size: number) => number;

/**
 * A question and its answer in large words; those that changed are coloured and underlined. As large as fits; what does
 * not fit at the smallest size ends in an ellipsis.
 */
export function answerScene(
  { question, parts, when }: AnswerPicture,
  width: number,
  height: number,
  measure: Measure,
): Scene {
  const room = width - 2 * MARGIN;
  const top = MARGIN + SMALL + 20;
  const rows = (size: number) => Math.floor((height - top) / lineOf(size));
  let size = SIZES[SIZES.length - 1];
  let lines = laidOut(parts, room, (text) => measure(text, size));
  for (const larger of SIZES) {
    const tried = laidOut(parts, room, (text) => measure(text, larger));
    if (tried.length > rows(larger)) continue;
    [size, lines] = [larger, tried];
    break;
  }
  const words: Words[] = [
    {
      x: MARGIN,
      y: MARGIN,
      text: cut(`“${question}”`, room - measure(when, SMALL) - 24, SMALL, measure),
      ...small,
      anchor: 'start',
    },
    { x: width - MARGIN, y: MARGIN, text: when, ...small, anchor: 'end' },
  ];
  const marks: Line[] = [];
  const shown = Math.max(1, rows(size));
  for (const [row, line] of lines.slice(0, shown).entries()) {
    const y = top + row * lineOf(size) + size;
    for (const { x, width: wide, text, kind } of line) {
      words.push({ x: MARGIN + x, y, text, size, color: INK[kind], anchor: 'start' });
      if (kind === 'changed')
        marks.push({
          path: `M${(MARGIN + x).toFixed(1)} ${y + 5}h${wide.toFixed(1)}`,
          color: COLOR.accent,
          width: 1.5,
        });
    }
    const last = line.at(-1);
    if (row === shown - 1 && lines.length > shown && last)
      words.push({
        x: MARGIN + last.x + last.width,
        y,
        text: ' …',
        size,
        color: COLOR.faint,
        anchor: 'start',
      });
  }
  return { width, height, background: COLOR.ground, lines: marks, words };
}

const INK = { same: COLOR.ink, changed: COLOR.accent, old: COLOR.old } as const;
const small = { color: COLOR.faint, size: SMALL };

const lineOf = (size: number) => Math.round(size * 1.4);

interface Placed {
  x: number;
  width: number;
  text: string;
  kind: Part['kind'];
}

/** Words in lines no wider than `room`; neighbours of one kind stay together, so that a rule under them is one. */
export function laidOut(parts: readonly Part[], room: number, measure: (text: string) => number): Placed[][] {
  const lines: Placed[][] = [[]];
  const space = measure(' ');
  let x = 0;
  const feed = () => {
    lines.push([]);
    x = 0;
  };
  for (const { text, kind } of parts)
    for (const piece of text.match(/\n|[^\S\n]+|\S+/g) ?? []) {
      if (piece === '\n') feed();
      else if (piece.trim() === '') x += x === 0 ? 0 : space;
      else {
        const width = measure(piece);
        if (x > 0 && x + width > room) feed();
        const line = lines[lines.length - 1];
        const last = line.at(-1);
        // A part may begin in the middle of a word: then nothing stands between.
        if (last?.kind === kind && Math.abs(last.x + last.width + space - x) < 0.5) {
          last.text += ` ${piece}`;
          last.width = x + width - last.x;
        } else line.push({ x, width, text: piece, kind });
        x += width;
      }
    }
  return lines.filter((line, i) => line.length > 0 || i < lines.length - 1);
}

function cut(text: string, room: number, size: number, measure: Measure): string {
  const line = text.replace(/\s+/g, ' ');
  if (measure(line, size) <= room) return line;
  let length = line.length;
  while (length > 1 && measure(`${line.slice(0, length)}…`, size) > room) length--;
  return `${line.slice(0, length)}…`;
}
