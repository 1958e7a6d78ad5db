import type { Engine } from '../../engine/engine.ts';
import { nextTask } from '../../engine/next-task.ts';
import type { BaseDtype } from '../../loading/base-dtype.ts';
import { heldTensor } from '../../loading/held-tensor.ts';
import type { StartBase } from '../../methods/method.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { decodeToFloats } from '../../weights/convert.ts';
import { readFloats, readRows, tensorOf } from '../../weights/load.ts';
import { transposed } from '../../weights/transpose.ts';
import type { OpenModel, Workspace } from './workspace.ts';

/** The open model, held in this precision, as the start of an adapter asks it. @param engine for starts that run it */
export function startBase(
  {
    model: { source, config },
    data,
  }: { model: Pick<OpenModel, 'source' | 'config'>; data: Workspace['data'] },
  dtype: BaseDtype,
  engine?: Engine,
): StartBase {
  const byOutput = ({ in: width, out }: AdapterModule, values: Float32Array) =>
    config.family.tensors.conv1d ? transposed(values, width, out) : values;
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
    keysAndValues(ids) {
      if (!engine?.keysAndValues) throw new RangeError('no engine to run a text through');
      return engine.keysAndValues(ids);
    },
    async weight(site) {
      const values = await heldTensor(source, config, `${site.path}.weight`, dtype);
      // What a start makes of it takes long: a stop gets through in between.
      await nextTask();
      return byOutput(site, values);
    },
    stored: async (site) => byOutput(site, await readFloats(source, `${site.path}.weight`)),
  };
}
