import { UserError } from '../../../errors.ts';
import type { AdapterModule } from '../../../model/modules.ts';
import type { StartBase } from '../../method.ts';
import { movesBase, START_NAMES } from '../../names.ts';
import type { LoraSettings, StartId } from '../../types.ts';
import { besideStart } from '../moved.ts';
import { rankOf } from '../scale.ts';
import { loftq } from './loftq.ts';
import { olora } from './olora.ts';
import { pissa } from './pissa.ts';
import type { LoraStart } from './start.ts';

/**
 * Every start that looks at the base's weights. To add one: a file beside these, and its line here. EVA looks at the data,
 * before there is an adapter to be started (eva.ts).
 */
const STARTS: Readonly<Record<Exclude<StartId, 'eva'>, LoraStart>> = { pissa, olora, loftq };

/** Nothing where A begins at random and B as 0. @throws UserError `bad-setting` where a site is too small */
export async function startOn(
  base: StartBase,
  site: AdapterModule,
  settings: LoraSettings,
  seed: number,
): Promise<Record<string, Float32Array>> {
  const { start } = settings;
  if (!start || start === 'eva') return {};
  refuseRank(settings, site, start);
  const { a, b } = await STARTS[start].matrices(site, { settings, base, seed });
  const held = movesBase(settings) ? besideStart(site, a, b) : { a, b };
  return { lora_A: held.a, lora_B: held.b };
}

/** A matrix has no more parts than its smaller side. @throws UserError `bad-setting` */
function refuseRank(settings: LoraSettings, site: AdapterModule, start: StartId): void {
  const rank = rankOf(settings, site);
  const most = Math.min(site.in, site.out);
  if (rank <= most) return;
  const label = START_NAMES.find(({ value }) => value === start)?.label;
  throw new UserError(
    'bad-setting',
    `The start ${label} takes ${rank} parts of each weight, and ${site.path} [${site.out}, ${site.in}] has only ${most}. Nothing was changed. Lower the rank (--rank), leave that layer out (--targets), or begin as usual (--init default).`,
  );
}
