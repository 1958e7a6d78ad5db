import type { NamedFile } from '../../files/named-file.ts';
import { loraMatrices } from '../../methods/lora/matrices.ts';
import { type AdapterWeights, asLora } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { ggufName } from '../../weights/gguf/config.ts';
import { rowsForGguf } from '../../weights/gguf/rows.ts';
import { ggufPadding, ggufPrefix } from '../../weights/gguf/write.ts';
import { float32Bytes } from '../../weights/safetensors.ts';
import { TEMPLATE_FILE } from '../chat-template.ts';
import { type AdapterFormat, asBlob, type BaseName, F32 } from '../format.ts';
import { quoted, shellBlock } from '../how-to-load.ts';
import { writeMergedGguf } from './merged-gguf.ts';

/** A LoRA adapter for llama.cpp and Ollama, for a base that is a GGUF file as well. */
export const gguf: AdapterFormat<'gguf'> = {
  id: 'gguf',
  from: 'adapter',
  label: 'GGUF',
  button: 'Download GGUF adapter',
  about: 'For llama.cpp and Ollama, with the base model as a GGUF file. A Modelfile is included.',
  dtypes: [F32],
  file: () => '.gguf',
  zip: 'gguf',
  merged: false,
  library: 'gguf',
  runRecord: false,
  base: ({ source, config }) => writeMergedGguf({ source, config, weights: null, dtype: 'f16', path: BASE }),
  check({ config: { family } }) {
    const { gguf, architecture } = family;
    return gguf.refused === undefined
      ? null
      : `A GGUF adapter for ${architecture} cannot be written here, since ${gguf.refused}. Export it for PEFT, or merge it into the model.`;
  },
  write({ weights, config, source, file }) {
    const ollama = modelfile(source.kind === 'gguf' ? `./${source.id}` : `./${BASE}`, `./${file}`);
    return { files: [asBlob(writeGgufAdapter(weights, config))], beside: [asBlob(ollama)] };
  },
  command,
  use: (base, file) => [
    'With llama.cpp, on the base model as a GGUF file:',
    '',
    ...shellBlock(
      command(base, file) +
        (base.template === 'file' ? ` --jinja --chat-template-file ${TEMPLATE_FILE}` : ''),
    ),
    '',
    'With Ollama, after naming that file in `Modelfile`:',
    '',
    ...shellBlock(...OLLAMA),
    ...(base.gguf
      ? []
      : [
          '',
          'Where the base is only a folder, llama.cpp’s script makes the file:',
          '',
          ...shellBlock(conversion(base)),
        ]),
  ],
  lines: (base, target) => ({
    language: 'shell',
    lines: [
      ...(base.baseId.startsWith('./') || base.gguf
        ? []
        : ['# base.gguf: the base model as GGUF, made by llama.cpp from its folder:', conversion(base)]),
      command(base, target),
      '# or with Ollama:',
      ...OLLAMA,
    ],
  }),
};

/** What the base is called where it is not a GGUF file already. */
const BASE = 'base.gguf';

const OLLAMA = ['ollama create my-model -f Modelfile', 'ollama run my-model'];

function command({ baseId, gguf }: BaseName, target: string): string {
  return `llama-cli -m ${quoted(gguf ? baseId : BASE)} --lora ${quoted(target)}`;
}

function conversion({ baseId }: BaseName): string {
  return `python convert_hf_to_gguf.py ${quoted(baseId)} --outfile ${BASE}`;
}

/**
 * The adapter's tensors, float32. The runtime scales by alpha / rank, so rank-stabilised LoRA is written with
 * alpha · √rank. The file has one alpha: where modules differ in scale, B is multiplied to fit it. Where the base's rows
 * stand in another order (`rowsForGguf`), so do B's.
 * Source: llama.cpp, `convert_lora_to_gguf.py`.
 */
function writeGgufAdapter(weights: AdapterWeights, config: DecoderConfig): NamedFile {
  const { family } = config;
  const { gguf } = family;
  if (gguf.refused !== undefined) throw new RangeError(gguf.refused);
  const { rank: common, alpha, rsLora } = asLora(weights.settings);
  const written = rsLora ? alpha * Math.sqrt(common) : alpha;
  const tensors = weights.modules.flatMap((module) => {
    const name = ggufName(`${module.path}.weight`, family, gguf);
    if (name === null) throw new RangeError(module.path);
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
        data: rowsForGguf(b, module.path, config, gguf, module.out),
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
function modelfile(base: string, adapter: string): NamedFile {
  return { path: 'Modelfile', bytes: new TextEncoder().encode(`FROM ${base}\nADAPTER ${adapter}\n`) };
}
