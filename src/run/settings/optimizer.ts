import { MATRICES } from './conditions.ts';
import { choice, integer, number } from './setting.ts';

/** How far a step goes. */
export const OPTIMIZER = {
  learningRate: number({
    flag: 'lr',
    label: 'Learning rate',
    group: 'optimizer',
    help: 'How far each step goes: halve it if the loss jumps about.',
    above: 0,
    max: 1,
    example: '0.001 or 1e-4',
    default: 1e-3,
  }),
  loraPlusRatio: number({
    flag: 'lora-plus-ratio',
    label: 'LoRA+ ratio',
    group: 'optimizer',
    help: 'Learning rate of B as a multiple of A’s; about 16 is suggested (arXiv 2402.12354).',
    min: 1,
    default: 1,
    only: MATRICES,
    later: true,
  }),
  schedule: choice({
    flag: 'schedule',
    label: 'Schedule',
    group: 'optimizer',
    help: 'How the learning rate falls from its peak to the end of the run.',
    choices: ['linear', 'cosine', 'constant'],
    default: 'linear',
  }),
  warmup: integer({
    flag: 'warmup',
    label: 'Warm-up',
    unit: 'steps',
    group: 'optimizer',
    help: 'Steps over which the learning rate rises from zero.',
    min: 0,
    default: 0,
  }),
  weightDecay: number({
    flag: 'weight-decay',
    label: 'Weight decay',
    group: 'optimizer',
    help: 'Pulls the adapter’s weights towards zero at every step.',
    min: 0,
    max: 1,
    default: 0,
  }),
  clip: number({
    flag: 'clip',
    label: 'Max gradient norm',
    group: 'optimizer',
    help: 'Longer gradients are scaled down to this norm at each step; 0 is no limit.',
    min: 0,
    default: 1,
  }),
};
