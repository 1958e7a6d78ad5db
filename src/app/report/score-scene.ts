import type { Line, Scene, Words } from '../../drawing/scene.ts';
import { type RunSetting, SETTINGS, showSetting } from '../../run/settings/list.ts';
import { chanceOf } from '../outcome/chance.ts';
import { costWords } from '../outcome/scores.ts';
import { beginning, count, loss, parameters, percent, plural } from '../shared/format.ts';
import type { ScoreCard } from './score-card.ts';

/** The score card as one picture of its own ground, for a slide or a model card. */

const [WIDTH, HEIGHT] = [1200, 675];
const COLOR = {
  ground: '#ffffff',
  soft: '#efeeea',
  ink: '#1c1c1a',
  mute: '#5f5e59',
  base: '#a9a8a2',
  accent: '#0a7d6c',
};
const LEFT = 64;
const RIGHT = WIDTH - 64;
/** Where the bars, and the second column of facts, begin. */
const [BARS, MIDDLE] = [420, 620];
const MUTE = { color: COLOR.mute };

/** @param proof the file's SHA-256 and its key, both in short */
export function scoreScene(card: ScoreCard, proof: { sha256: string; key: string }): Scene {
  const words: Words[] = [];
  const lines: Line[] = [];
  const say = (x: number, y: number, text: string, size: number, look: Partial<Words> = {}) =>
    words.push({ x, y, size, text, color: COLOR.ink, anchor: 'start', ...look });
  say(LEFT, 76, beginning(card.name, 40), 32);
  say(RIGHT, 76, `Score card · Lowrank ${card.versions.lowrank}`, 16, { ...MUTE, anchor: 'end' });
  lines.push({ path: `M${LEFT} 100H${RIGHT}`, color: COLOR.soft, width: 2 });

  const { what, change } = headOf(card);
  say(LEFT, 144, what, 18, MUTE);
  say(LEFT, 204, change, 52, { color: COLOR.accent });

  let y = 236;
  for (const { name, share, color } of barsOf(card)) {
    say(LEFT, y + 16, name, 16, MUTE);
    if (share === null) say(BARS, y + 16, 'not measured', 16, MUTE);
    else {
      lines.push(box(y, 1, COLOR.soft), box(y, share, color));
      say(RIGHT, y + 16, percent(share), 16, { anchor: 'end' });
    }
    y += 34;
  }

  const facts = factsOf(card);
  const half = Math.ceil(facts.length / 2);
  for (const [i, [name, value]] of facts.entries()) {
    const x = i < half ? LEFT : MIDDLE;
    const at = y + 30 + (i % half) * 30;
    say(x, at, name, 16, MUTE);
    say(x + 130, at, beginning(value, 46), 16);
  }

  lines.push({ path: `M${LEFT} 556H${RIGHT}`, color: COLOR.soft, width: 2 });
  say(LEFT, 582, 'To repeat it', 14, MUTE);
  const [first, second = ''] = split(card.command, 145);
  say(LEFT, 602, first, 14);
  say(LEFT, 620, beginning(second, 145), 14);
  say(
    LEFT,
    648,
    `The signed file has SHA-256 ${proof.sha256.slice(0, 16)}… and key ${proof.key}: unchanged since it was made. It proves no figure; the command repeats them.`,
    13,
    MUTE,
  );
  return { width: WIDTH, height: HEIGHT, background: COLOR.ground, lines, words };
}

/** The task's own figure, or else what the loss stands for. */
function headOf({ task, held_out_loss: held, settings }: ScoreCard): { what: string; change: string } {
  if (task)
    return {
      what: `${task.what}, of ${plural(task.rows, 'held-out row')}`,
      change: `${percent(task.before)} → ${percent(task.after)}`,
    };
  if (!held) return { what: 'No row was held out: nothing here says how it does on other rows.', change: '' };
  const on = `on ${plural(held.rows, 'held-out row')}`;
  // Of other objectives the loss stands for no chance.
  return ['sft', 'dft', undefined, null].includes(settings.objective as string | null | undefined)
    ? {
        what: `Chance of the right next piece, ${on}`,
        change: `${chanceOf(held.before)} → ${chanceOf(held.after)}`,
      }
    : { what: `Loss ${on}`, change: `${loss(held.before)} → ${loss(held.after)}` };
}

function box(y: number, share: number, color: string): Line {
  const width = ((RIGHT - 72 - BARS) * share).toFixed(1);
  return { path: `M${BARS} ${y}h${width}v20h-${width}z`, color, width: 0, fill: true };
}

/** Shares beside each other: what was there before, what needs no training, and the adapter. */
function barsOf({ task, few_shot: few, majority_label: majority }: ScoreCard) {
  if (!task) return [];
  const examples = few
    ? `Base, ${plural(few.examples, 'example')} in the prompt (${count(few.rows)} rows)`
    : 'Base, examples in the prompt';
  return [
    { name: 'Base', share: task.before, color: COLOR.base },
    { name: examples, share: few?.prompted ?? null, color: COLOR.base },
    ...(majority === null
      ? []
      : [{ name: 'Always the most common label', share: majority, color: COLOR.base }]),
    { name: 'Tuned', share: task.after, color: COLOR.accent },
  ];
}

function factsOf(card: ScoreCard): [name: string, value: string][] {
  const { held_out_loss: held, general_text_loss: general, few_shot: few, recital, data, model } = card;
  const changed = SETTINGS.filter(({ key }: RunSetting) =>
    ['method', 'rank', 'learningRate'].includes(key),
  ).flatMap((setting) => {
    const value = card.settings[setting.key];
    if (value === undefined) return [];
    const shown = showSetting(setting, value);
    return [setting.key === 'method' ? shown : `${setting.label.toLowerCase()} ${shown}`];
  });
  return [
    ['Held-out loss', held ? `${loss(held.before)} → ${loss(held.after)}` : 'not measured'],
    [
      'General text',
      general
        ? `${loss(general.before)} → ${loss(general.after)}, ${costWords(general.before, general.after)}`
        : 'not measured',
    ],
    ...(card.task || few ? [] : [['Few-shot', 'not measured'] as [string, string]]),
    [
      'Recital',
      recital
        ? `${count(recital.recited)} of ${count(recital.counted)} training rows word for word`
        : 'not asked',
    ],
    ['Rows', `${count(data.training_rows)} trained on, ${count(data.held_out_rows)} held out`],
    ['Model', `${model.name}, ${parameters(model.parameters)} parameters`],
    ['Data', data.name],
    ['Settings', `${changed.join(', ')}, ${plural(card.steps, 'step')}`],
    ['Seed', `${card.seeds.run}; one run, so no spread is known`],
  ];
}

/** At a space, so that each part is at most so long. */
function split(text: string, most: number): string[] {
  if (text.length <= most) return [text];
  const at = text.lastIndexOf(' ', most);
  return [text.slice(0, at), text.slice(at + 1)];
}
