import type { NamedFile } from '../../files/named-file.ts';
import { magnitudeOf } from '../../methods/dora/magnitude.ts';
import { loraMatrices } from '../../methods/lora/matrices.ts';
import { type AdapterWeights, asLora } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { scalingOf } from '../../model/families/shared/rope-fields.ts';
import { float32Bytes, writeSafetensors } from '../../weights/safetensors.ts';
import { BUNDLED_BASE } from '../../weights/source.ts';
import { transposed } from '../../weights/transpose.ts';
import { type AdapterFormat, asBlob, type BaseName, type ExportModel, F32 } from '../format.ts';
import { quoted, shellBlock } from '../how-to-load.ts';
import { withBothGenerations } from '../rope-generations.ts';

/** An adapter folder for mlx-lm. */
export const mlx: AdapterFormat<'mlx'> = {
  id: 'mlx',
  from: 'adapter',
  label: 'MLX',
  button: 'Download MLX adapter',
  about: 'For mlx-lm on a Mac.',
  dtypes: [F32],
  file: null,
  zip: 'mlx',
  merged: false,
  library: 'mlx',
  runRecord: false,
  base: 'own files',
  check({ source, config }, weights) {
    const { mlx, architecture } = config.family;
    const why = mlx.refused === undefined ? mlx.differs(config, source.config) : mlx.refused;
    if (why)
      return `An MLX adapter for ${architecture} cannot be written here, since ${why}. Export it for PEFT, or merge it into the model.`;
    return weights && !coverage(weights, config)
      ? 'This adapter differs between the last layers, which the MLX format cannot express. Export it for PEFT, or merge it into the model.'
      : null;
  },
  differs(model) {
    const missing = JSON.stringify(missingRope(model)).slice(1, -1);
    return missing === ''
      ? []
      : [
          `mlx-lm does not read \`rope_parameters\`, where the base’s config.json has its rotary settings. Add \`${missing}\` to config.json in a copy of the base: without it mlx-lm computes another model and does not say so.`,
        ];
  },
  write: ({ weights, config }) => ({ files: writeMlx(weights, config).map(asBlob) }),
  command: (base, target) =>
    base.gguf
      ? `${command(base, target)}  # ${BUNDLED_BASE}: the folder that ${base.baseId} was made from`
      : command(base, target),
  use: (base) => [
    ...shellBlock('pip install mlx-lm', command(base, '.')),
    ...(base.gguf
      ? [
          '',
          `mlx-lm reads no GGUF files: \`${BUNDLED_BASE}\` stands for the folder of safetensors that \`${base.baseId}\` was made from. Without it, export the merged model as safetensors, which mlx-lm loads as a model.`,
        ]
      : []),
  ],
  lines: (base, target) => ({ language: 'shell', lines: [mlx.command(base, target)] }),
};

function command({ baseId, gguf }: BaseName, target: string): string {
  const base = gguf ? BUNDLED_BASE : quoted(baseId);
  return `mlx_lm.generate --model ${base} --adapter-path ${quoted(target)} --prompt "Hello!"`;
}

/** What mlx-lm needs in the base's config.json and does not find there. Of a GGUF file's own folder nothing is known. */
function missingRope({ source, config: { family } }: ExportModel): Record<string, unknown> {
  const usual = family.mlx.refused === undefined ? family.mlx.olderRope : null;
  if (usual === null || source.kind === 'gguf') return {};
  const given = source.config;
  const needed = withBothGenerations(given, family);
  const fields = Object.keys(usual).filter((field) => needed[field] !== (given[field] ?? usual[field]));
  if (needed.rope_scaling && !scalingOf(given)) fields.push('rope_scaling');
  return Object.fromEntries(fields.map((field) => [field, needed[field]]));
}

/**
 * `adapters.safetensors` with A and B transposed and DoRA's magnitudes, and `adapter_config.json`.
 * Source: mlx-lm, `tuner/utils.py`.
 */
function writeMlx(weights: AdapterWeights, config: DecoderConfig): NamedFile[] {
  const { layers, keys } = coverage(weights, config)!;
  const { dropout, method = 'lora' } = asLora(weights.settings);
  const all = weights.modules.map((module) => loraMatrices(weights, module));
  // The format has one rank and one scale: smaller ranks are filled up with zeros, and B takes what its scale is more.
  const rank = Math.max(1, ...all.map((matrices) => matrices.rank));
  const scale = all[0]?.scale ?? 1;
  const tensors = weights.modules.flatMap((module, i) => {
    const own = all[i];
    const b = own.scale === scale ? own.b : own.b.map((value) => (value * own.scale) / scale);
    return [
      {
        name: `${module.path}.lora_a`,
        dtype: 'F32' as const,
        shape: [module.in, rank],
        data: float32Bytes(
          transposed(widened(own.a, 1, own.rank * module.in, rank * module.in), rank, module.in),
        ),
      },
      {
        name: `${module.path}.lora_b`,
        dtype: 'F32' as const,
        shape: [rank, module.out],
        data: float32Bytes(transposed(widened(b, module.out, own.rank, rank), module.out, rank)),
      },
      ...(method === 'dora'
        ? [
            {
              name: `${module.path}.m`,
              dtype: 'F32' as const,
              shape: [module.out],
              data: float32Bytes(magnitudeOf(weights, module)),
            },
          ]
        : []),
    ];
  });
  const fields = {
    fine_tune_type: method,
    num_layers: layers,
    lora_parameters: { rank, scale, dropout, keys },
  };
  return [
    { path: 'adapters.safetensors', bytes: writeSafetensors(tensors, { format: 'mlx' }) },
    { path: 'adapter_config.json', bytes: new TextEncoder().encode(`${JSON.stringify(fields, null, 2)}\n`) },
  ];
}

/** The format can only say: these keys, on each of the last so many layers. Null where that is not the adapter. */
function coverage(
  { modules }: AdapterWeights,
  config: DecoderConfig,
): { layers: number; keys: string[] } | null {
  const block = (layer: number) => `${config.family.tensors.blocks}.${layer}.`;
  const last = config.layers - 1;
  const layers = new Set(modules.map(({ layer }) => layer)).size;
  const keys = modules
    .filter(({ layer }) => layer === last)
    .map(({ path }) => path.slice(block(last).length));
  const said = Array.from({ length: layers }, (_, i) => block(config.layers - layers + i)).flatMap((prefix) =>
    keys.map((key) => prefix + key),
  );
  return said.join() === modules.map(({ path }) => path).join() ? { layers, keys } : null;
}

/** Rows of `columns` values → rows of `wider`, zeros at their ends. */
function widened(values: Float32Array, rows: number, columns: number, wider: number): Float32Array {
  if (columns === wider) return values;
  const result = new Float32Array(rows * wider);
  for (let row = 0; row < rows; row++)
    result.set(values.subarray(row * columns, (row + 1) * columns), row * wider);
  return result;
}
