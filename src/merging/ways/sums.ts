import { concatenated, scaled } from '../product.ts';
import type { Way } from '../way.ts';
import { weightedSum } from './weighted-sum.ts';

export const sum: Way = {
  id: 'sum',
  label: 'Sum',
  about: 'Adds up the changes as they are and keeps the best approximation of the rank that is asked for.',
  formula: 'ΔW = Σ wδ, then the nearest of rank R',
  source: 'Eckart and Young, 1936, for the rank',
  takes: { rank: true },
  rank: 'nearest',
  merge: (site) => weightedSum(site, site.weights),
};

export const taskArithmetic: Way = {
  ...sum,
  id: 'task-arithmetic',
  label: 'Task arithmetic',
  about: 'The sum by the name that its authors gave it; a negative weight takes a task away.',
  source: 'Ilharco et al., arXiv 2212.04089',
};

export const cat: Way = {
  id: 'cat',
  label: 'Concatenation',
  about: 'Puts the matrices side by side: the sum exactly, at the sum of the ranks.',
  formula: 'A = rows w·s·A, B = columns B, R = Σ r',
  source: 'PEFT, add_weighted_adapter, combination_type "cat"',
  faults: ['The adapter takes as much memory and time as all of its sources together, in every answer.'],
  takes: {},
  needs: 'products',
  rank: 'sum of ranks',
  merge({ module, changes }) {
    const products = changes.map(({ product, weight }) => scaled(product!, weight));
    const product = concatenated(products, module);
    return { kind: 'matrices', product, meant: product };
  },
};
