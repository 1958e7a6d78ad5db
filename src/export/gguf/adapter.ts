import { UserError } from '../../errors.ts';
import type { NamedFile } from '../../files/named-file.ts';
import { loraMatrices } from '../../methods/lora/matrices.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { ggufName, interleavedHeads } from '../../weights/gguf/config.ts';
import { interleaveHeads } from '../../weights/gguf/head-rows.ts';
import { ggufPadding, ggufPrefix } from '../../weights/gguf/write.ts';
import { float32Bytes } from '../../weights/safetensors.ts';

/**
 * A LoRA adapter for llama.cpp and Ollama, float32. The runtime scales by alpha / rank, so rank-stabilised LoRA is
 * written with alpha · √rank. The file has one alpha: where modules differ in scale, B is multiplied to fit it. Where the base's rows are interleaved (q and k of the architecture `llama`), so are B's.
 * Source: llama.cpp, `convert_lora_to_gguf.py`.
 * @throws UserError `unsupported-export` for a family that has no GGUF adapter here.
 */
export function writeGgufAdapter(weights: AdapterWeights, config: DecoderConfig): NamedFile {
  const { family } = config;
  const { gguf } = family;
  if (gguf.refused !== undefined) {
    throw new UserError(
      'unsupported-export',
      `A GGUF adapter for ${family.architecture} cannot be written here, since ${gguf.refused}. Export it for PEFT, or merge it into the model.`,
    );
  }
  const { rank: common, alpha, rsLora } = weights.settings;
  const written = rsLora ? alpha * Math.sqrt(common) : alpha;
  const tensors = weights.modules.flatMap((module) => {
    const name = ggufName(`${module.path}.weight`, family, gguf);
    if (name === null) throw new RangeError(module.path);
    const heads = interleavedHeads(module.path, family, gguf, config);
    const { rank, scale, a, b: trained } = loraMatrices(weights, module);
    const b = scaled(trained, (scale * rank) / written);
    return [
      {
        name: `${name}.lora_a`,
        stored: 'F32' as const,
        shape: [rank, module.in],
        data: a,
      },
      {
        name: `${name}.lora_b`,
        stored: 'F32' as const,
        shape: [module.out, rank],
        data: heads ? interleaveHeads(b, heads, module.out, rank) : b,
      },
    ];
  });
  const prefix = ggufPrefix(
    {
      'general.architecture': { type: 'string', value: gguf.architecture },
      'general.type': { type: 'string', value: 'adapter' },
      'adapter.type': { type: 'string', value: 'lora' },
      'adapter.lora.alpha': { type: 'f32', value: written },
    },
    tensors,
  );
  const total = tensors.reduce(
    (sum, { data }) => sum + data.byteLength + ggufPadding(data.byteLength),
    prefix.length,
  );
  const bytes = new Uint8Array(total);
  bytes.set(prefix);
  let at = prefix.length;
  for (const { data } of tensors) {
    bytes.set(float32Bytes(data), at);
    at += data.byteLength + ggufPadding(data.byteLength);
  }
  return { path: 'adapter.gguf', bytes };
}

/** The same array where the factor is 1 but for rounding. */
function scaled(values: Float32Array, factor: number): Float32Array {
  return Math.abs(factor - 1) < 1e-12 ? values : values.map((value) => value * factor);
}

/** An Ollama `Modelfile` that puts the adapter on its base. */
export function modelfile(base: string, adapter = './adapter.gguf'): NamedFile {
  return { path: 'Modelfile', bytes: new TextEncoder().encode(`FROM ${base}\nADAPTER ${adapter}\n`) };
}
