import { UserError } from '../../errors.ts';
import { heldAs } from '../../loading/base-dtype.ts';
import { isRounded } from '../../methods/lora/rounded.ts';
import { adapterModules } from '../../model/families/names.ts';
import { type RunSettings, settingOf, showSetting } from '../../run/settings/list.ts';
import { tensorOf } from '../../weights/load.ts';
import type { Workspace } from './workspace.ts';

/**
 * What a person should know of a run through the rounding of a merged file, in sentences; none without a merge target.
 * @throws UserError `bad-setting` for what such a run cannot have
 */
export function mergeTargetNotes(
  { config, source }: Pick<Workspace['model'], 'config' | 'source'>,
  { mergeTarget, method, dropout, init, baseDtype }: RunSettings,
): string[] {
  if (mergeTarget === 'none') return [];
  const refusal = (why: string, instead: string) =>
    new UserError(
      'bad-setting',
      `${why} Nothing was changed. ${instead}, or choose no merge target (--merge-target none).`,
    );
  const file = `a merged file in ${showSetting(settingOf('mergeTarget'), mergeTarget)}`;
  if (method !== 'lora')
    throw refusal(
      `Through the rounding of ${file} LoRA alone is trained, and the method is ${showSetting(settingOf('method'), method)}.`,
      'Choose the method lora',
    );
  if (dropout > 0)
    throw refusal(
      `Dropout falls on what the adapter’s matrices take in, and in ${file} they have no input of their own.`,
      'Set dropout to 0',
    );
  if (init !== 'default' && init !== 'eva')
    throw refusal(
      `The start ${showSetting(settingOf('init'), init)} ${init === 'loftq' ? 'makes up for the rounding that the base is held in' : 'moves the base'}, and ${file} is trained for from the base as it is.`,
      'Begin by default or eva (--init)',
    );
  const linears = adapterModules(config, ['all']);
  const coarser = linears.some(({ path, in: columns }) => {
    const { stored } = tensorOf(source, `${path}.weight`);
    const held = heldAs(stored, columns, 'linear', baseDtype);
    const whole = heldAs(stored, columns, 'linear', 'auto');
    return held.quant !== undefined && held.type !== whole.type;
  });
  if (coarser)
    throw refusal(
      `The base is held in ${baseDtype}, and ${file} is made of its weights as they are stored: what was trained would not be what is written.`,
      'Hold the base as its file has it (--base-dtype auto)',
    );
  const whole = linears.filter((module) => isRounded(module.in)).length;
  if (whole === 0)
    throw refusal(
      `No linear layer of this model has rows of whole blocks of 32, so that ${file} rounds none.`,
      'Choose another model',
    );
  if (whole === linears.length) return [];
  return [
    `${linears.length - whole} of ${linears.length} linear layers have rows that are no whole blocks of 32: ${file} holds them in F16, and they are trained so.`,
  ];
}
