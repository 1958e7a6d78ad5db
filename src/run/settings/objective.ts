import { OBJECTIVE_NAMES } from '../../objectives/names.ts';
import { ofObjectives } from './conditions.ts';
import { choice, integer, number, text } from './setting.ts';

const OF_NLL = ofObjectives('orpo', 'simpo');

function weightOfNll({ objective, nllWeight }: Readonly<Record<string, unknown>>): unknown {
  return nllWeight ?? (objective === 'simpo' ? 0 : 1);
}

/** What training minimises, and what the objectives are told. */
export const OBJECTIVE = {
  objective: choice({
    flag: 'objective',
    label: 'Objective',
    group: 'adapter',
    help: 'What training minimises. Without it the rows decide: dpo for pairs, kto for answers that are marked good or bad, else sft.',
    choices: OBJECTIVE_NAMES,
    default: null,
    later: true,
  }),
  beta: number({
    flag: 'beta',
    label: 'Beta',
    group: 'adapter',
    help: 'How closely the model stays to the one it began with (dpo, ipo, kto: higher is closer), what the odds ratio counts (orpo), or the scale of rewards (simpo, whose paper takes 2 and more).',
    above: 0,
    max: 1000,
    default: 0.1,
    only: ofObjectives('dpo', 'ipo', 'orpo', 'simpo', 'kto'),
    later: true,
  }),
  gamma: number({
    flag: 'gamma',
    label: 'Gamma',
    group: 'adapter',
    help: 'By how much the reward of the better answer is to be ahead.',
    min: 0,
    max: 1000,
    default: 0.5,
    only: ofObjectives('simpo'),
    later: true,
  }),
  nllWeight: number({
    flag: 'nll-weight',
    label: 'Cross-entropy',
    group: 'adapter',
    help: 'What the cross-entropy of the better answer counts beside the preference; without it 1 for orpo and 0 for simpo.',
    placeholder: 'WEIGHT',
    min: 0,
    max: 1000,
    default: null,
    only: OF_NLL,
    later: true,
  }),
  nllTokens: choice({
    flag: 'nll-tokens',
    label: 'Cross-entropy of',
    group: 'adapter',
    help: 'Whether that cross-entropy is taken on the answer, or on the whole row with its prompt, as TRL does for ORPO.',
    choices: [
      { value: 'answer', label: 'the answer' },
      { value: 'row', label: 'the whole row' },
    ],
    default: 'answer',
    only: {
      ...OF_NLL,
      words: 'where the cross-entropy of orpo or simpo has a weight',
      holds: (run) => OF_NLL.holds(run) && weightOfNll(run.settings) !== 0,
    },
    later: true,
  }),
  teacherPrompt: text({
    flag: 'teacher-prompt',
    label: 'Prompt to bake in',
    group: 'adapter',
    help: 'What is baked in: the model learns to answer without it as it does with it as a system turn.',
    placeholder: 'TEXT|FILE',
    default: null,
    only: ofObjectives('bake'),
    later: true,
  }),
  distilWeight: number({
    flag: 'distil-weight',
    label: 'Weight of the teacher',
    group: 'adapter',
    help: 'What the KL to the teacher counts; the cross-entropy of the rows’ own tokens counts what is left of 1.',
    above: 0,
    max: 1,
    default: 0.5,
    only: ofObjectives('distil'),
    later: true,
  }),
  distilTop: integer({
    flag: 'distil-top',
    label: 'Tokens of the teacher',
    group: 'adapter',
    help: 'How many of the teacher’s likeliest tokens are kept for each position; all others are one.',
    placeholder: 'K',
    min: 1,
    max: 1024,
    default: 64,
    only: ofObjectives('distil', 'bake'),
    later: true,
  }),
};
