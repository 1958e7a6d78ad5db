import { START_NAMES } from '../../methods/names.ts';
import { MATRICES, ofMethods } from './conditions.ts';
import { type Condition, choice, integer, names, number, toggle } from './setting.ts';

const LINEARS = ofMethods('lora', 'dora', 'ia3');
const LORA = ofMethods('lora');

const EVA: Condition = {
  words: 'for the start eva',
  holds: (run) => LORA.holds(run) && run.settings.init === 'eva',
};

/** Of LoRA alone; shown for every method, since with others a run is refused. */
const MERGED: Condition = { words: LORA.words, holds: LORA.holds };

/** How large an adapter beside linear layers is, where it stands and how it begins. */
export const ADAPTER = {
  rank: integer({
    flag: 'rank',
    label: 'Rank',
    group: 'adapter',
    help: 'Size of the adapter: a higher rank can learn more and takes more memory.',
    min: 1,
    max: 256,
    default: 8,
    only: MATRICES,
    ofAdapter: true,
  }),
  alpha: number({
    flag: 'alpha',
    label: 'Alpha',
    group: 'adapter',
    help: 'Strength of the adapter: its output is scaled by alpha ÷ rank.',
    above: 0,
    max: 4096,
    default: 16,
    only: MATRICES,
    ofAdapter: true,
  }),
  rslora: toggle({
    flag: 'rslora',
    label: 'Rank-stabilised',
    group: 'adapter',
    help: 'Scales the adapter by alpha ÷ √rank instead; meant for high ranks (arXiv 2312.03732).',
    default: false,
    only: MATRICES,
    ofAdapter: true,
    later: true,
  }),
  init: choice({
    flag: 'init',
    label: 'Start',
    group: 'adapter',
    help: 'How the adapter begins: default as the base; pissa with the base’s largest parts, which it then moves (arXiv 2404.02948); olora with its first directions (arXiv 2406.01775); loftq with what rounding took off it (arXiv 2310.08659); eva with the main directions of the data, and more rank where they explain more (arXiv 2410.07170).',
    choices: START_NAMES,
    default: 'default',
    only: LORA,
    ofAdapter: true,
    later: true,
  }),
  evaRows: integer({
    flag: 'eva-rows',
    label: 'Rows for EVA',
    unit: 'rows',
    group: 'adapter',
    help: 'How many training rows EVA looks at before the first step.',
    min: 1,
    default: 64,
    only: EVA,
    later: true,
  }),
  evaRho: number({
    flag: 'eva-rho',
    label: 'EVA’s ρ',
    group: 'adapter',
    help: 'The most that EVA may raise the rank of one layer, as a multiple; 1 leaves all ranks alike.',
    min: 1,
    max: 16,
    default: 2,
    only: EVA,
    later: true,
  }),
  dropout: number({
    flag: 'dropout',
    label: 'Dropout',
    group: 'adapter',
    help: 'Share of the adapter’s inputs set to zero at each step, to reduce overfitting.',
    min: 0,
    max: 0.9,
    default: 0,
    only: MATRICES,
  }),
  mergeTarget: choice({
    flag: 'merge-target',
    label: 'Merged as',
    group: 'adapter',
    help: 'The precision of the GGUF file that the adapter will be merged into: training then computes with the weights that this file will have, rounded, so that it answers as the run did. A step takes up to a fifth longer. The base that a run compares with is rounded, too.',
    choices: [
      { value: 'none', label: 'none' },
      { value: 'q8', label: 'Q8_0', about: '8 bits' },
      { value: 'q4', label: 'Q4_0', about: '4 bits' },
    ],
    default: 'none',
    only: MERGED,
    later: true,
  }),
  targets: names({
    flag: 'targets',
    label: 'Target modules',
    group: 'adapter',
    help: 'Which linear layers of each block get an adapter, by the end of their names; all: every one.',
    placeholder: 'q_proj,k_proj,v_proj,o_proj',
    /** Null: the family's default. */
    default: null,
    only: LINEARS,
    ofAdapter: true,
  }),
};
