import { usage } from './failure.mjs';
import { fileInput, oneOf } from './inputs.mjs';

/** What the flags of `tasks` name, checked before anything is opened. */

/** @typedef {import('../../src/lab/tasks/jobs.ts').StrategyName} StrategyName */
/** @typedef {import('../../src/merging/way.ts').Way} Way */
/** @typedef {{ name: string, file: string, heldOut: string | null }} TaskInput */
/** @typedef {typeof import('../../src/lab/tasks/usual.ts')} Usual */

/**
 * `--task` and `--task-eval`.
 * @param {Record<string, any>} values
 * @param {{ isReserved: (name: string) => boolean, isTaskName: Usual['isTaskName'] }} names
 * @returns {TaskInput[]}
 */
export function tasksInput({ task, 'task-eval': evals = [] }, { isReserved, isTaskName }) {
  const files = pairsInput('task', task);
  const held = pairsInput('task-eval', evals);
  for (const name of files.keys()) {
    if (!isTaskName(name))
      throw usage(
        `--task: the name “${name}” may have letters, digits, _ and - alone, as folders are called by it.`,
      );
    if (isReserved(name))
      throw usage(`--task: ${name} is the name of a strategy here; call the task otherwise.`);
  }
  if (files.size < 2) throw usage('--task: give at least two, --task NAME=FILE each.');
  for (const name of held.keys())
    if (!files.has(name)) throw usage(`--task-eval: there is no --task ${name}.`);
  return [...files].map(([name, file]) => ({ name, file, heldOut: held.get(name) ?? null }));
}

/** @returns {Map<string, string>} files by name */
function pairsInput(/** @type {string} */ flag, /** @type {string[]} */ given) {
  /** @type {Map<string, string>} */
  const pairs = new Map();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) throw usage(`--${flag}: give NAME=FILE, not “${text}”.`);
    const name = text.slice(0, at);
    if (pairs.has(name)) throw usage(`--${flag}: ${name} is given twice.`);
    pairs.set(name, fileInput(flag, text.slice(at + 1)));
  }
  return pairs;
}

/**
 * A list with commas between, each of what is known, none twice.
 * @template {string} T
 * @param {string} flag
 * @param {string} given
 * @param {readonly T[]} known
 */
export function listInput(flag, given, known) {
  const names = given.split(',').map((name) => oneOf(flag, name.trim(), known));
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw usage(`--${flag}: ${twice} is given twice.`);
  return names;
}

/**
 * `--seeds`, or the one of `--seed`.
 * @param {string | undefined} given
 * @param {number} seed
 * @param {number} most
 */
export function seedsInput(given, seed, most) {
  if (given === undefined) return [seed];
  const seeds = given.split(',').map((text) => (/^\s*\d{1,10}\s*$/.test(text) ? Number(text) : Number.NaN));
  if (seeds.some((one) => !(one <= 0xffffffff)))
    throw usage('--seeds: whole numbers from 0 to 4,294,967,295 with commas between, as in 0,1,2.');
  if (new Set(seeds).size < seeds.length) throw usage('--seeds: one is given twice.');
  if (seeds.length > most) throw usage(`--seeds: at most ${most}.`);
  return seeds;
}

/**
 * The ways to merge, each with the density that it takes.
 * @param {Record<string, any>} values
 * @param {readonly Way[]} known
 * @param {{ merges: boolean, tasks: number, usual: Pick<Usual, 'MERGE_WAYS' | 'MERGE_DENSITY'> }} of
 * @returns {{ way: Way, density: number | undefined }[]}
 */
export function waysInput(
  { 'merge-ways': given, 'merge-density': density },
  known,
  { merges, tasks, usual },
) {
  if (!merges) {
    for (const [flag, value] of Object.entries({ 'merge-ways': given, 'merge-density': density }))
      if (value !== undefined)
        throw usage(`--${flag}: is for the strategy merge, which --strategies leaves out.`);
    return [];
  }
  const ids = listInput(
    'merge-ways',
    given ?? usual.MERGE_WAYS.join(','),
    known.map(({ id }) => id),
  );
  const ways = ids.map((id) => /** @type {Way} */ (known.find((way) => way.id === id)));
  const few = ways.find(({ count }) => tasks > (count?.most ?? Number.POSITIVE_INFINITY));
  if (few)
    throw usage(`--merge-ways: ${few.id} merges ${few.count?.most} adapters, and there are ${tasks} tasks.`);
  if (density !== undefined && !(density > 0 && density <= 1))
    throw usage('--merge-density: must be above 0 and at most 1.');
  if (density !== undefined && !ways.some(({ takes }) => takes.density))
    throw usage(`--merge-density: none of ${ids.join(', ')} prunes; leave it out.`);
  return ways.map((way) => ({
    way,
    density: way.takes.density ? (density ?? usual.MERGE_DENSITY) : undefined,
  }));
}

/**
 * What a merge may be multiplied by: the one that was given, or those that training rows choose from.
 * @param {Record<string, any>} values
 * @param {{ merges: boolean, usual: readonly number[] }} of
 */
export function scalesInput({ 'merge-scale': scale }, { merges, usual }) {
  if (scale === undefined) return usual;
  if (!merges) throw usage('--merge-scale: is for the strategy merge, which --strategies leaves out.');
  if (!(scale > 0 && scale <= 10)) throw usage('--merge-scale: must be above 0 and at most 10.');
  return [scale];
}

/**
 * `--mix` and its temperature.
 * @param {Record<string, any>} values
 * @param {readonly import('../../src/lab/tasks/mix.ts').Mix[]} known
 * @param {number} usual temperature
 */
export function mixInput({ mix = 'rows', 'mix-temperature': temperature }, known, usual) {
  const found = oneOf('mix', mix, known);
  if (temperature !== undefined && found !== 'temperature')
    throw usage('--mix-temperature: is for --mix temperature.');
  if (temperature !== undefined && !(temperature >= 1)) throw usage('--mix-temperature: must be at least 1.');
  return { mix: found, temperature: temperature ?? usual };
}

/**
 * Of intruder dimensions what differs from the defaults; null where they are not reduced.
 * @param {Record<string, any>} values
 * @param {import('../../src/merging/intruders.ts').IntruderOptions} usual
 */
export function intrudersInput(values, usual) {
  const given = Object.fromEntries(
    Object.keys(usual).flatMap((key) =>
      values[`intruder-${key}`] === undefined ? [] : [[key, values[`intruder-${key}`]]],
    ),
  );
  const [one] = Object.keys(given);
  if (!values['reduce-intruders'] && one)
    throw usage(`--intruder-${one}: add --reduce-intruders, or leave this out.`);
  return { ...usual, ...given };
}

/**
 * What cannot go with a method, known before anything is trained.
 * @param {Usual['unfitting']} unfitting
 * @param {import('../../src/run/settings/list.ts').RunSettings} settings
 * @param {{ merges: boolean, reduces: boolean }} asked
 */
export function refuseMethod(unfitting, settings, asked) {
  const { method } = settings;
  switch (unfitting(settings, asked)) {
    case 'virtual':
      throw usage(
        `--method: ${method} tuning trains virtual tokens, which cannot be merged. Leave merge out (--strategies together,sequence,reverse), or take another method.`,
      );
    case 'loftq':
      throw usage(
        '--init: an adapter that began with LoftQ cannot be merged. Leave merge out (--strategies together,sequence,reverse), or begin otherwise.',
      );
    case 'not-lora':
      throw usage(`--reduce-intruders: is for LoRA, and --method is ${method}.`);
  }
}

/**
 * The share of a task’s rows that is held out where it has none of its own.
 * @param {number | undefined} given
 * @param {number} usual
 */
export function fractionInput(given, usual) {
  if (given === 0)
    throw usage('--eval-fraction: must be above 0, as strategies are compared on held-out rows.');
  return given ?? usual;
}
