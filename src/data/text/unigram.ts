import type { Unigram } from '@huggingface/tokenizers';

/**
 * Pieces of a text under a unigram model, the most likely ones:
 *
 *     best(e) = max over pieces [b, e) of best(b) + score(piece)
 *
 * in double precision, the longest last piece where two are equal. The library adds the next piece's score before it
 * compares, which rounds, so that of two nearly equal ways it may take the other one than Rust does.
 */
export function unigramPieces(model: Unigram, text: string): string[] {
  const characters = [...text];
  const count = characters.length;
  const best = new Float64Array(count + 1).fill(Number.NEGATIVE_INFINITY);
  const from = new Int32Array(count + 1);
  best[0] = 0;
  const reach = (begin: number, end: number, score: number) => {
    if (best[begin] + score <= best[end]) return;
    best[end] = best[begin] + score;
    from[end] = begin;
  };
  const trie = model.trie as unknown as {
    common_prefix_search(characters: string[], at: number): Iterable<string>;
  };
  for (let begin = 0; begin < count; begin++) {
    let single = false;
    for (const piece of trie.common_prefix_search(characters, begin)) {
      const length = [...piece].length;
      single ||= length === 1;
      const id = model.tokens_to_ids.get(piece);
      if (id !== undefined) reach(begin, begin + length, model.scores[id]);
    }
    if (!single) reach(begin, begin + 1, model.unk_score);
  }
  const pieces: string[] = [];
  for (let end = count; end > 0; end = from[end]) pieces.push(characters.slice(from[end], end).join(''));
  return pieces.reverse();
}
