import type { MethodId } from '../../methods/types.ts';
import { percent, small } from '../shared/format.ts';

/** What the map of changes shows of a method: LoRA’s matrices move weights, others move something else. */
export interface MovementWords {
  title: string;
  /** What a cell measures. */
  measure: string;
  /** What one of its columns is, and the number of the first. */
  column: string;
  first: number;
  /** What its cells are of. */
  parts: string;
  /** A sentence below the map. */
  note?: string;
  show(value: number): string;
}

const WEIGHTS: MovementWords = {
  title: 'How much each part has changed',
  measure: '‖ΔW‖ / ‖W‖',
  column: 'layer',
  first: 0,
  parts: 'matrices',
  show: percent,
};

const WORDS: Readonly<Record<MethodId, MovementWords>> = {
  lora: WEIGHTS,
  dora: WEIGHTS,
  ia3: { ...WEIGHTS, title: 'How far the factors are from 1', measure: 'RMS of l − 1', parts: 'modules' },
  prompt: {
    title: 'How far each virtual token has moved',
    measure: '‖p − p⁰‖ / ‖p⁰‖',
    column: 'virtual token',
    first: 1,
    parts: 'virtual tokens',
    note: 'The words that they are nearest to are told once the run has finished.',
    show: percent,
  },
  prefix: {
    ...WEIGHTS,
    title: 'How far keys and values have moved',
    measure: 'RMS of the change',
    parts: 'parts of the prefix',
    note: 'A prefix has no nearest words: it is keys and values of every layer, and no embeddings.',
    show: small,
  },
};

export function movementWords(method: MethodId): MovementWords {
  return WORDS[method];
}
