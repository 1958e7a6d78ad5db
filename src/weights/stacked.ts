import { UserError } from '../errors.ts';
import type { DecoderConfig } from '../model/config.ts';
import type { ModelSource, TensorEntry } from './source.ts';

/**
 * A deeper model out of ranges of another's layers (mergekit's passthrough): nothing is copied, the new layers read the
 * old ones' bytes.
 */

/** More than any model has, and few enough to be opened. */
const MOST_LAYERS = 512;

/**
 * `0-3,2-5`: ranges of layers, both ends included, counted from 0; a single number is a range of one. They may overlap and
 * stand in any order.
 * @returns the layers, in the order of the new model
 * @throws UserError `bad-slices`
 */
export function parseSlices(text: string, layers: number): number[] {
  const refuse = (what: string) =>
    new UserError(
      'bad-slices',
      `${what} Nothing was written. Give ranges of layers such as 0-3,2-5, each from 0 to ${layers - 1}.`,
    );
  const chosen = text.split(',').flatMap((part) => {
    const [, first, last = first] = /^\s*(\d+)\s*(?:-\s*(\d+)\s*)?$/.exec(part) ?? [];
    if (first === undefined) throw refuse(`“${part.trim()}” is not a range of layers.`);
    const [from, to] = [Number(first), Number(last)];
    if (to >= layers) throw refuse(`The model has no layer ${to}: it has ${layers}.`);
    if (to < from) throw refuse(`The range ${from}-${to} ends before it begins.`);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  if (chosen.length > MOST_LAYERS)
    throw refuse(`These are ${chosen.length} layers, more than ${MOST_LAYERS}.`);
  return chosen;
}

/**
 * The model whose layer i is layer `chosen[i]` of this one. What config.json says of single layers goes along with them.
 */
export function stackedSource(
  source: ModelSource,
  { family, layerAttention }: DecoderConfig,
  chosen: readonly number[],
): ModelSource {
  const { blocks } = family.tensors;
  const block = new RegExp(`^${blocks.replaceAll('.', '\\.')}\\.(\\d+)\\.(.*)$`);
  const tensors = new Map<string, TensorEntry>();
  const from = new Map<string, string>();
  const put = (name: string, entry: TensorEntry) => {
    tensors.set(name, { ...entry, name });
    from.set(name, entry.name);
  };
  for (const entry of source.tensors.values()) {
    const [, layer, rest] = block.exec(entry.name) ?? [];
    if (layer === undefined) put(entry.name, entry);
    else
      for (const [i, old] of chosen.entries())
        if (old === Number(layer)) put(`${blocks}.${i}.${rest}`, entry);
  }
  return {
    ...source,
    kind: 'folder',
    // An adapter of it is none of the model that it was made of.
    id: `${source.id}, layers ${sliceText(chosen)}`,
    revision: null,
    name: `${source.name}, layers ${sliceText(chosen)}`,
    config: stackedConfig(source.config, layerAttention, chosen),
    tensors,
    // Its keys speak of the model as it was.
    ggufMetadata: undefined,
    read: (tensor, begin, end) => source.read(from.get(tensor) ?? tensor, begin, end),
    close: () => source.close(),
  };
}

function stackedConfig(
  config: Readonly<Record<string, unknown>>,
  layerAttention: DecoderConfig['layerAttention'],
  chosen: readonly number[],
): Record<string, unknown> {
  const stacked = { ...config };
  for (const field of ['num_hidden_layers', 'n_layer']) if (field in stacked) stacked[field] = chosen.length;
  // A rule by the number of a layer would fall on other layers than it did.
  if (Array.isArray(config.layer_types) || layerAttention.includes('local')) {
    stacked.layer_types = chosen.map((layer) =>
      layerAttention[layer] === 'local' ? 'sliding_attention' : 'full_attention',
    );
    for (const rule of ['sliding_window_pattern', '_sliding_window_pattern']) delete stacked[rule];
  }
  return stacked;
}

/** The reverse of `parseSlices`: runs of layers as ranges. */
export function sliceText(chosen: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const layer of chosen) {
    const last = ranges.at(-1);
    if (last && last[1] === layer - 1) last[1] = layer;
    else ranges.push([layer, layer]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
