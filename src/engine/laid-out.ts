import type { Batch, Supervised } from '../data/batch.ts';
import { bestPacks } from '../data/batches.ts';

/** A batch as a device takes it, and where its tokens stood before. */
export interface LaidOut {
  batch: Pick<Batch, 'rows' | 'length' | 'ids'> & Required<Pick<Batch, 'positions' | 'documents'>>;
  supervised: Supervised;
  /** Row · length + position in the batch as it was, of each token: what dropout is drawn for. */
  origins: Int32Array;
}

/** `count` tokens in front of every document, of ids from `first` on. */
export interface VirtualTokens {
  count: number;
  first: number;
}

const NONE: VirtualTokens = { count: 0, first: 0 };

/** Where a document begins in a batch, as row · length + position, and its tokens. */
interface Document {
  origin: number;
  tokens: number;
}

/**
 * The same tokens without what only fills rows up: padding takes as long as tokens do. Each row, or each document of a
 * packed row, is a document of the one row that there is, which attention does not look beyond, so that the loss and the
 * gradient stay as they were.
 */
export function withoutPadding(batch: Batch, supervised: Supervised, virtual = NONE): LaidOut {
  const documents = documentsOf(batch);
  const length = documents.reduce((sum, { tokens }) => sum + virtual.count + tokens, 0);
  return laidOut(batch, supervised, virtual, { rows: [documents], length });
}

/** The same documents with virtual tokens in front of each, a row each; of a packed batch several a row of at most `maxLength` tokens. */
export function withVirtualTokens(
  batch: Batch,
  supervised: Supervised,
  virtual: VirtualTokens,
  maxLength: number,
): LaidOut {
  const documents = documentsOf(batch);
  const lengths = documents.map(({ tokens }) => virtual.count + tokens);
  if (!batch.documents) {
    const length = Math.max(1, ...lengths);
    return laidOut(batch, supervised, virtual, { rows: documents.map((one) => [one]), length });
  }
  const { width, packs } = bestPacks(lengths, maxLength);
  const rows = packs.map((members) => members.map((i) => documents[i]));
  return laidOut(batch, supervised, virtual, { rows, length: width });
}

function documentsOf({ rows, length, lengths, positions }: Batch): Document[] {
  const documents: Document[] = [];
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < lengths[row]; i++) {
      const origin = row * length + i;
      if ((positions ? positions[origin] : i) === 0) documents.push({ origin, tokens: 0 });
      documents[documents.length - 1].tokens++;
    }
  return documents;
}

/** Documents one behind the other in their rows; what fills a row up is of none (−1). */
function laidOut(
  batch: Batch,
  supervised: Supervised,
  virtual: VirtualTokens,
  to: { rows: readonly (readonly Document[])[]; length: number },
): LaidOut {
  const count = to.rows.length * to.length;
  const [ids, positions, origins] = Array.from({ length: 3 }, () => new Int32Array(count));
  const documents = new Int32Array(count).fill(-1);
  const places = new Uint32Array(batch.rows * batch.length);
  to.rows.forEach((members, row) => {
    let at = row * to.length;
    members.forEach(({ origin, tokens }, document) => {
      for (let i = 0; i < virtual.count + tokens; i++, at++) {
        const own = i - virtual.count;
        positions[at] = i;
        documents[at] = document;
        if (own < 0) {
          ids[at] = virtual.first + i;
          continue;
        }
        ids[at] = batch.ids[origin + own];
        origins[at] = origin + own;
        places[origin + own] = at;
      }
    });
  });
  return {
    batch: { rows: to.rows.length, length: to.length, ids, positions, documents },
    supervised: { ...supervised, index: supervised.index.map((origin) => places[origin]) },
    origins,
  };
}
