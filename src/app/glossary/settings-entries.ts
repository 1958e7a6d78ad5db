import type { Entry } from './entry.ts';
import type { ExplainedSetting } from './settings.ts';

/** What each setting means, by its key. The line of help beside a field says what it does; this says what it is. */
export const SETTING_ENTRIES: Readonly<Record<ExplainedSetting, Entry>> = {
  method: {
    title: 'Method',
    text: 'What is trained beside the frozen model: two small matrices per layer (LoRA, DoRA), one factor per output ((IA)³), or extra tokens that no one can read (prompt and prefix tuning).',
  },
  virtualTokens: {
    title: 'Virtual tokens',
    text: 'Trained vectors that stand in front of every row as if they were tokens. They need not match any word: training moves them wherever they help most.',
    picture: 'virtualTokens',
  },
  objective: {
    title: 'Objective',
    text: 'What training tries to lower: for plain answers the surprise at each right token, for pairs of answers the doubt about which one is better.',
  },
  beta: {
    title: 'Beta (β)',
    text: 'How much a move away from the starting model counts. A high beta keeps the model close to where it began; a low one lets it move further for the same preference.',
  },
  gamma: {
    title: 'Gamma (γ)',
    text: 'The lead that the better answer must have over the worse one before SimPO is satisfied.',
  },
  nllWeight: {
    title: 'Cross-entropy of better answers',
    text: 'Beside preferring the better answer, the model can also learn to write it. This is how much that counts.',
  },
  distilWeight: {
    title: 'Weight of the teacher',
    text: 'How much the teacher’s opinion counts against the words of your rows: 0 listens to the rows alone, 1 to the teacher alone.',
  },
  distilTop: {
    title: 'Tokens of the teacher',
    text: 'At each position the teacher has a probability for every token it knows. Only the likeliest ones are kept, since the rest adds almost nothing and would fill the memory.',
  },
  rank: {
    title: 'Rank',
    text: 'The width of the adapter’s two matrices. Rank 8 lets the change to a layer point in 8 independent directions; a full update could use hundreds.',
    picture: 'rank',
  },
  alpha: {
    title: 'Alpha (α)',
    text: 'A fixed volume control: whatever the adapter computes is multiplied by alpha ÷ rank before it is added to the layer.',
  },
  rslora: {
    title: 'Rank-stabilised scaling',
    text: 'Divides by the square root of the rank instead of the rank, so that the adapter does not grow quieter as the rank is raised.',
  },
  init: {
    title: 'Start',
    text: 'What the adapter’s matrices hold before the first step. By default they add up to nothing, so that training begins exactly at the base model.',
  },
  evaRho: {
    title: 'EVA’s ρ',
    text: 'EVA gives layers that the data use a lot a higher rank, and takes it from the others. ρ is the most by which one layer’s rank may be multiplied.',
  },
  dropout: {
    title: 'Dropout',
    text: 'Switches off a random share of the adapter’s inputs at each step, so that it cannot rely on any single one. It helps against memorising.',
  },
  mergeTarget: {
    title: 'Merged as',
    text: 'A model file of 8 or 4 bits rounds every weight, and with it some of what was learned. A run that knows the file computes with the rounded weights from the first step, and so learns to answer as the file will.',
  },
  targets: {
    title: 'Target modules',
    text: 'The matrices that get an adapter. In each layer, q, k, v and o decide which earlier words matter (attention); gate, up and down then work on each word alone (feed-forward).',
    picture: 'layer',
  },
  learningRate: {
    title: 'Learning rate',
    text: 'How far each step moves the trained numbers. Too low and little is learned; too high and the loss jumps about or climbs.',
    picture: 'learningRate',
  },
  loraPlusRatio: {
    title: 'LoRA+ ratio',
    text: 'Lets matrix B learn faster than matrix A. B starts at zero and has further to go.',
  },
  schedule: {
    title: 'Schedule',
    text: 'How the learning rate changes during the run: large moves first, while there is much to learn, then smaller ones to settle.',
    picture: 'schedule',
  },
  warmup: {
    title: 'Warm-up',
    text: 'The first steps, in which the learning rate rises from zero. The optimizer has seen too little by then to be trusted with large moves.',
    picture: 'warmup',
  },
  weightDecay: {
    title: 'Weight decay',
    text: 'Shrinks the trained numbers slightly at every step, so that only those that keep proving useful stay large.',
  },
  clip: {
    title: 'Max gradient norm',
    text: 'A cap on the length of the gradient. An unusual batch can point steeply in one direction; the cap keeps the direction and limits how far it counts.',
    picture: 'gradient',
  },
  epochs: {
    title: 'Epoch',
    text: 'Once through all training rows. With 3 epochs the model sees every row three times, each time in a new order.',
    picture: 'epoch',
  },
  steps: {
    title: 'Steps',
    text: 'How many times the adapter is updated in the whole run. Each step reads one batch.',
  },
  batch: {
    title: 'Batch size',
    text: 'How many rows are read for one update. A larger batch gives a steadier direction and takes more memory.',
    picture: 'batch',
  },
  accumulate: {
    title: 'Gradient accumulation',
    text: 'Reads several batches one after another and updates once, from all of them: the effect of a large batch in the memory of a small one.',
  },
  maxLength: {
    title: 'Max length',
    text: 'The most tokens of a row that are read. What lies beyond is cut off and not learned; memory grows with this number.',
  },
  packing: {
    title: 'Packing',
    text: 'Rows in a batch must be equally long, so short ones are padded with nothing. Packing puts several of them into one place instead; they do not see each other.',
    picture: 'packing',
  },
  raw: {
    title: 'Chat template',
    text: 'The markers that tell a model who is speaking, the user or the assistant. A chat model expects those it was trained with, so skip them only for plain text.',
  },
  seed: {
    title: 'Seed',
    text: 'The number from which everything random in a run follows: which rows are held out, their order, the first values of the adapter. The same seed gives the same run.',
  },
  evalFraction: {
    title: 'Held-out rows',
    text: 'Rows that the model never trains on. They show whether it has learned something it can use on new text, or has only memorised its rows.',
    picture: 'heldOut',
  },
  evalEvery: {
    title: 'Evaluation',
    text: 'A pause in training in which the model is measured on the held-out rows. Each one is an amber point on the curve.',
  },
  patience: {
    title: 'Patience',
    text: 'How many evaluations in a row may bring no improvement before the run stops by itself.',
  },
  keep: {
    title: 'Keep best',
    text: 'The last adapter is not always the best one: near the end a model may begin to memorise. This keeps the one with the lowest held-out loss.',
    picture: 'best',
  },
  baseDtype: {
    title: 'Base precision',
    text: 'How many bits each frozen number takes. 16 bits are nearly exact; 4 bits take a quarter of the memory and round every number to one of 16 levels.',
    picture: 'precision',
  },
  checkpointing: {
    title: 'Activation checkpointing',
    text: 'Intermediate results of each layer are needed again for the gradient. This drops them and computes them a second time: slower, with much less memory.',
  },
  checkpointEvery: {
    title: 'Checkpoint',
    text: 'Everything a run needs to continue, saved while it trains: adapter, optimizer, and its place among the rows.',
  },
};
