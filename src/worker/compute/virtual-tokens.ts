import { nextTask } from '../../engine/next-task.ts';
import { valuesOf } from '../../methods/keys.ts';
import { promptMoved } from '../../methods/prompt/moved.ts';
import { promptParameter } from '../../methods/prompt/site.ts';
import type { AdapterWeights, PromptSettings } from '../../methods/types.ts';
import { decodeToFloats } from '../../weights/convert.ts';
import { readRows, tensorOf } from '../../weights/load.ts';
import type { VirtualToken } from '../api/api.ts';
import type { Workspace } from './workspace.ts';

/** Rows of the embedding that are read and compared at once, in bytes. */
const PIECE = 1 << 20;

/**
 * The tokens of the vocabulary that each row of a soft prompt is nearest to, by the cosine with their embeddings, and
 * how far it is from where it began. The embedding's scale (Gemma) changes no cosine.
 *
 * @param begun null where it is not known
 * @param most how many tokens of each
 * @returns null where the adapter is no soft prompt: keys and values of a prefix are no embeddings
 */
export async function virtualTokens(
  { model: { source, config }, data }: Pick<Workspace, 'model' | 'data'>,
  weights: AdapterWeights,
  begun: AdapterWeights | null,
  most: number,
): Promise<VirtualToken[] | null> {
  if (weights.settings.method !== 'prompt') return null;
  const own = weights as AdapterWeights<PromptSettings>;
  const [site] = own.modules;
  const prompt = valuesOf(own, site, promptParameter(site));
  const nearest = await nearestRows(
    prompt,
    site.in,
    embeddingOf(source, config.family.tensors.embedding),
    most,
  );
  const moved = promptMoved(own, begun);
  const ids = [...new Set(nearest.flat().map(({ id }) => id))];
  const texts = new Map(await Promise.all(ids.map(async (id) => [id, await data.decode([id])] as const)));
  return nearest.map((list, i) => ({
    nearest: list.map(({ id, cosine }) => ({ id, text: texts.get(id)!, cosine })),
    moved: moved?.[i].value ?? null,
  }));
}

type Pieces = AsyncIterable<{ first: number; rows: Float32Array }>;

async function* embeddingOf(source: Workspace['model']['source'], name: string): Pieces {
  const { stored } = tensorOf(source, name);
  for await (const piece of readRows(source, name, 0, Number.POSITIVE_INFINITY, PIECE)) {
    yield { first: piece.rowBegin, rows: decodeToFloats(piece.bytes, stored, name) };
    // A stop, or another question, gets through in between.
    await nextTask();
  }
}

interface Near {
  id: number;
  cosine: number;
}

/**
 * The `most` rows of a table with the largest cosine to each row of `of` [n, width], in falling order; of equal ones the
 * first. A row of zeros has none.
 */
export async function nearestRows(
  of: Float32Array,
  width: number,
  table: Pieces,
  most: number,
): Promise<Near[][]> {
  const count = of.length / width;
  const lengths = Float64Array.from({ length: count }, (_, i) => lengthOf(of, i * width, width));
  const found = Array.from({ length: count }, (): Near[] => []);
  for await (const { first, rows } of table) {
    for (let row = 0; row * width < rows.length; row++) {
      const length = lengthOf(rows, row * width, width);
      if (!(length > 0)) continue;
      for (let i = 0; i < count; i++) {
        if (!(lengths[i] > 0)) continue;
        let dot = 0;
        for (let at = 0; at < width; at++) dot += of[i * width + at] * rows[row * width + at];
        keep(found[i], { id: first + row, cosine: dot / (length * lengths[i]) }, most);
      }
    }
  }
  return found;
}

function keep(list: Near[], near: Near, most: number): void {
  if (list.length === most && !(near.cosine > list[most - 1].cosine)) return;
  const at = list.findIndex(({ cosine }) => near.cosine > cosine);
  list.splice(at < 0 ? list.length : at, 0, near);
  if (list.length > most) list.pop();
}

function lengthOf(values: Float32Array, at: number, width: number): number {
  let squares = 0;
  for (let i = at; i < at + width; i++) squares += values[i] * values[i];
  return Math.sqrt(squares);
}
