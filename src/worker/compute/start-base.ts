import type { StartBase } from '../../methods/method.ts';
import { decodeToFloats } from '../../weights/convert.ts';
import { readRows, tensorOf } from '../../weights/load.ts';
import type { Workspace } from './workspace.ts';

/** The open model, as the start of an adapter asks it. */
export function startBase({ model: { source, config }, data }: Workspace): StartBase {
  return {
    config,
    tokens: (text) => data.encode(text, { addSpecial: true }),
    async embeddings(ids) {
      const { hidden, embeddingScale, family } = config;
      const name = family.tensors.embedding;
      const { stored } = tensorOf(source, name);
      const rows = new Float32Array(ids.length * hidden);
      for (const [i, id] of ids.entries())
        for await (const { bytes } of readRows(source, name, id, id + 1))
          rows.set(
            decodeToFloats(bytes, stored, name).map((value) => value * embeddingScale),
            i * hidden,
          );
      return rows;
    },
  };
}
