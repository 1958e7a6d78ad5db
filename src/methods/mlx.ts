import { z } from 'zod';
import { UserError } from '../errors.ts';
import type { DecoderConfig } from '../model/config.ts';
import { adapterModules, exactTargets } from '../model/families/names.ts';
import type { AdapterModule } from '../model/modules.ts';
import { decodeToFloats } from '../weights/convert.ts';
import { bytesReader } from '../weights/range-reader.ts';
import { readSafetensorsHeader } from '../weights/safetensors.ts';
import { transposed } from '../weights/transpose.ts';
import { MAGNITUDE } from './dora/magnitude.ts';
import { parameterKey } from './keys.ts';
import { unsupportedAdapter } from './peft-config.ts';
import type { AdapterWeights } from './types.ts';

/** mlx-lm's adapter folder: `adapters.safetensors` and `adapter_config.json`. Checked against mlx-lm 0.32. */

const MlxConfig = z.looseObject({
  fine_tune_type: z.string().nullish(),
  num_layers: z.int().nullish(),
  lora_parameters: z.looseObject({
    keys: z.array(z.string()).nullish(),
    rank: z.int().min(1).max(4096),
    scale: z.number().positive(),
    dropout: z.number().min(0).max(1).nullish(),
  }),
});

/**
 * y += scale · (x A) B with A [in, rank] and B [rank, out]: LoRA's matrices transposed, and alpha = scale · rank. DoRA's
 * magnitudes are `m` [out] (`tuner/dora.py`).
 * @param raw parsed adapter_config.json
 * @throws UserError `unsupported-adapter`, `bad-adapter-config`, `adapter-mismatch`, `safetensors-…`, `not-finite`
 */
export async function readMlx(
  raw: unknown,
  bytes: Uint8Array,
  config: DecoderConfig,
): Promise<AdapterWeights> {
  const kind = z.looseObject({ fine_tune_type: z.string().nullish() }).safeParse(raw);
  const type = (kind.success && kind.data.fine_tune_type) || 'lora';
  if (type !== 'lora' && type !== 'dora')
    throw unsupportedAdapter(`is of mlx-lm’s fine_tune_type ${type.slice(0, 40)}`);
  const parsed = MlxConfig.safeParse(raw);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new UserError(
      'bad-adapter-config',
      `adapter_config.json of this MLX adapter is not usable: ${issue.path.join('.') || 'its content'} (${issue.message}). Save the adapter again.`,
    );
  }
  const { rank, scale, dropout } = parsed.data.lora_parameters;
  const { tensors } = await readSafetensorsHeader(bytesReader('adapters.safetensors', bytes));
  const all = adapterModules(config, ['all']);
  const modules = all.filter(({ path }) => tensors.has(`${path}.lora_a`) || tensors.has(`${path}.lora_b`));
  const parts = type === 'dora' ? ['lora_a', 'lora_b', 'm'] : ['lora_a', 'lora_b'];
  const wanted = new Set(modules.flatMap(({ path }) => parts.map((part) => `${path}.${part}`)));
  const stray = [...tensors.keys()].find((name) => !wanted.has(name));
  if (stray !== undefined) throw adapterMismatch(`its tensor ${stray} has no place in this base`);
  if (modules.length === 0) throw adapterMismatch('it holds no LoRA tensor');
  const left = modules.find((module) => !isChosen(parsed.data, module, config));
  if (left)
    throw new UserError(
      'adapter-mismatch',
      `adapter_config.json does not fit the adapter’s own weights: there are tensors for ${left.path}, which it does not choose (num_layers, keys); mlx-lm refuses it, too. Nothing was changed; save the adapter again.`,
    );

  const read = (name: string, ...shape: number[]): Float32Array => {
    const entry = tensors.get(name);
    if (!entry) throw adapterMismatch(`its tensor ${name} is missing`);
    if (entry.shape.join() !== shape.join())
      throw adapterMismatch(
        `its tensor ${name} has the shape [${entry.shape.join(', ')}] and this base needs [${shape.join(', ')}]`,
      );
    if (entry.dtype !== 'F32' && entry.dtype !== 'F16' && entry.dtype !== 'BF16')
      throw otherType(name, entry.dtype);
    return decodeToFloats(bytes.slice(entry.begin, entry.end), entry.dtype, name);
  };
  const turned = (name: string, rows: number, columns: number) =>
    transposed(read(name, rows, columns), rows, columns);
  const values = new Map(
    modules.flatMap(({ path, in: width, out }): [string, Float32Array][] => [
      [parameterKey(path, 'lora_A'), turned(`${path}.lora_a`, width, rank)],
      [parameterKey(path, 'lora_B'), turned(`${path}.lora_b`, rank, out)],
      ...(type === 'dora'
        ? [[parameterKey(path, MAGNITUDE), read(`${path}.m`, out)] as [string, Float32Array]]
        : []),
    ]),
  );
  const targets = exactTargets(config, modules);
  const method = type === 'dora' ? { method: 'dora' as const } : {};
  return {
    settings: { ...method, rank, alpha: scale * rank, dropout: dropout ?? 0, targets },
    modules,
    values,
  };
}

/**
 * mlx-lm adapts the last `num_layers` blocks, all of them where that is not above 0, and of each the layers in `keys`;
 * a whole path among the keys is one layer, wherever it is.
 */
function isChosen(
  { num_layers: count, lora_parameters: { keys } }: z.infer<typeof MlxConfig>,
  { layer, path }: AdapterModule,
  { layers, family }: DecoderConfig,
): boolean {
  const inBlock = path.slice(`${family.tensors.blocks}.${layer}.`.length);
  const deep = count == null || count <= 0 || layer >= layers - count;
  return (deep && (keys == null || keys.includes(inBlock))) || (keys?.includes(path) ?? false);
}

export function adapterMismatch(what: string): UserError {
  return new UserError(
    'adapter-mismatch',
    `The adapter does not fit this base model: ${what}. Nothing was changed; choose the base that it was trained on.`,
  );
}

export function otherType(name: string, dtype: string): UserError {
  return unsupportedAdapter(
    `has the tensor ${name} stored as ${dtype}`,
    'Save it in float32, float16 or bfloat16.',
  );
}
