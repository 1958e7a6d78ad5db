import { z } from 'zod';
import type { DecoderConfig } from '../../model/config.ts';
import { adapterModules, exactTargets } from '../../model/families/names.ts';
import type { AdapterModule } from '../../model/modules.ts';
import { parameterKey } from '../keys.ts';
import { adapterMismatch } from '../mlx.ts';
import { declaredModules, readConfig, refuseFields, type Use } from '../peft-config.ts';
import { peftFile } from '../peft-file.ts';
import { pythonPattern } from '../python-pattern.ts';
import type { AdapterWeights, Ia3Settings } from '../types.ts';
import { IA3, ia3Parameter } from './factors.ts';
import { ia3 } from './ia3.ts';

/** Every field of PEFT's IA3Config. */
export const IA3_CONFIG: Readonly<Record<string, Use>> = {
  peft_type: 'read',
  target_modules: 'read',
  exclude_modules: 'read',
  feedforward_modules: 'read',
  base_model_name_or_path: { inert: 'which base; the shapes say whether it fits' },
  revision: { inert: 'which base' },
  task_type: { inert: 'which class of PEFT wraps the model' },
  inference_mode: { inert: 'whether PEFT trains it further' },
  auto_mapping: { inert: 'which class of transformers the base has' },
  peft_version: { inert: 'who wrote it' },
  fan_in_fan_out: { inert: 'how the base stores its matrices' },
  init_ia3_weights: { inert: 'what it began with' },
  modules_to_save: { refused: 'also holds whole modules' },
};

const Names = z.union([z.string(), z.array(z.string())]).nullish();
const Fields = z.looseObject({ target_modules: Names, exclude_modules: Names, feedforward_modules: Names });

/**
 * Factors as PEFT saves them: `….k_proj.ia3_l` [out, 1], or [1, in] where inputs are scaled.
 * @param raw parsed adapter_config.json
 * @throws UserError `unsupported-adapter`, `bad-adapter-config`, `adapter-mismatch`, `safetensors-…`, `not-finite`
 */
export async function readIa3(
  raw: Readonly<Record<string, unknown>>,
  bytes: Uint8Array,
  config: DecoderConfig,
): Promise<AdapterWeights<Ia3Settings>> {
  refuseFields(raw, IA3_CONFIG);
  const fields = readConfig(Fields, raw);
  const all = adapterModules(config, ['all']);
  const file = await peftFile(bytes);
  const tensorOf = (site: AdapterModule) => ia3.peft.tensor(site, { name: IA3, shape: [0, 0], group: 0 });
  file.refuseOthers(all.map(tensorOf), config);
  const modules = all.filter((site) => file.has(tensorOf(site)));
  if (modules.length === 0) throw adapterMismatch('it holds no factor of (IA)³');
  const declared = declaredModules(fields, all, config.family.ia3Targets);
  const odd = declared && all.find((site) => declared.includes(site) !== modules.includes(site));
  if (odd)
    throw adapterMismatch(
      modules.includes(odd)
        ? `there are factors for ${odd.path}, which target_modules does not choose`
        : `it has nothing for ${odd.path}, which is among its targets`,
    );
  const scaled = modules.filter(({ path }) => isFeedForward(fields.feedforward_modules, path, config));
  const settings: Ia3Settings = {
    method: 'ia3',
    targets: exactTargets(config, modules),
    feedForward: exactTargets(config, scaled),
  };
  const values = new Map(
    modules.map((site) => [
      parameterKey(site.path, IA3),
      file.read(tensorOf(site), ia3Parameter(site, settings).shape),
    ]),
  );
  return { settings, modules, values };
}

/** As PEFT's `_check_target_module_feedforward`: an ending, whatever stands before it. */
function isFeedForward(
  names: string | readonly string[] | null | undefined,
  path: string,
  { family: { tensors } }: DecoderConfig,
): boolean {
  if (typeof names === 'string') return pythonPattern(names, '^(?:', ')$')?.test(path) ?? false;
  const usual = tensors.linears.filter(({ roles }) => roles.includes('down')).map((linear) => linear.path);
  return (names ?? usual).some((name) => path.endsWith(name));
}
