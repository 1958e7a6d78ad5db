import type { Engine } from '../../engine/engine.ts';
import { searchLayer } from '../../lab/ladder/state-search.ts';
import type { Answers } from './answers.ts';

/** Of a longer text the first so many tokens are read. */
const MOST_TOKENS = 512;
/** Texts that are read before others may use the model. */
const AT_ONCE = 32;

/**
 * Reads texts by the base for a search among them: the mean of its middle layer over the tokens of each (`pooledState`).
 *
 * @param known what was read before, by the text; it takes what is read now
 * @param goOn asked now and then; it may throw
 */
export async function readStates(
  answers: Answers,
  texts: readonly string[],
  known: Map<string, Float32Array>,
  { goOn, onRead }: { goOn: () => void; onRead: (done: number, total: number) => void },
): Promise<void> {
  const left = [...new Set(texts)].filter((text) => !known.has(text));
  for (let at = 0; at < left.length; at += AT_ONCE) {
    goOn();
    const some = left.slice(at, at + AT_ONCE);
    const ids = await Promise.all(
      some.map((text) => answers.workspace.data.encode(text, { addSpecial: 'front' })),
    );
    await answers.using(null, { longest: MOST_TOKENS, rows: 1, atOnce: MOST_TOKENS }, async (engine) => {
      for (const [i, text] of some.entries()) known.set(text, await stateOf(engine, ids[i]));
    });
    onRead(at + some.length, left.length);
  }
}

async function stateOf(engine: Engine, ids: readonly number[]): Promise<Float32Array> {
  const { config, positions } = engine;
  if (!engine.pooledState) throw new RangeError('this engine reads no states');
  if (ids.length === 0) return new Float32Array(config.hidden);
  return engine.pooledState(ids.slice(0, Math.min(MOST_TOKENS, positions)), searchLayer(config.layers));
}
