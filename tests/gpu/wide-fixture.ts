import { initialAdapter } from '../../src/methods/parameters.ts';
import { adapterModules, expectedTensors } from '../../src/model/families/names.ts';
import { parseConfig } from '../../src/model/families/parse.ts';
import type { Fixture, StoredTensor } from '../unit/model/fixture.ts';
import { noise } from './op-case.ts';

/**
 * A fixture's family with matrices of 64 columns, which nf4 needs, of pseudo-random values; its batches stay.
 * @param raw the fixture's `config.json`
 */
export function wideFixture(f: Fixture, raw: Record<string, unknown>) {
  const config = parseConfig({ ...raw, hidden_size: 64, intermediate_size: 128, head_dim: 16 });
  const tensors = new Map<string, StoredTensor>();
  for (const [i, { name, shape }] of expectedTensors(config).entries()) {
    const next = noise(i);
    const values = () => (shape.length > 1 ? 0.4 * next() : 1 + 0.3 * next());
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, values);
    tensors.set(name, { shape, data, ints: new Int32Array(data.buffer) });
  }
  const modules = adapterModules(config, f.adapterSettings.targets);
  const initial = initialAdapter(modules, f.adapterSettings, 1);
  const next = noise(99);
  for (const [key, b] of initial.values)
    if (key.endsWith('lora_B'))
      b.forEach((_, i) => {
        b[i] = 0.2 * next();
      });
  return { config, tensors, modules, initial, adapterSettings: f.adapterSettings, batches: f.batches };
}
