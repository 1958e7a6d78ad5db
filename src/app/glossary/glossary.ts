import type { Entry } from './entry.ts';
import { SETTING_ENTRIES } from './settings-entries.ts';

/**
 * The page's glossary: every term of the field that is marked somewhere, in words for someone who meets it there. A term
 * that is marked and missing here does not compile; `tests/unit/app/glossary` holds that what should be marked is.
 */

/** Terms besides the settings. */
const OWN_ENTRIES = {
  loss: {
    title: 'Loss',
    text: 'How surprised the model is by the right next token, on average. Lower is better: a loss of 3 means that it gave the right token a chance of 1 in 20, a loss of 1 a chance of 1 in 2.7.',
    picture: 'loss',
  },
  smoothedLoss: {
    title: 'Smoothed loss',
    text: 'A running average over the last steps. The loss of a single step jumps, because some rows are harder than others.',
    picture: 'loss',
  },
  trainingLoss: {
    title: 'Training loss',
    text: 'The loss on the rows that are being learned. It says how well those are known, not how the model does on new ones.',
    picture: 'loss',
  },
  heldOutLoss: {
    title: 'Held-out loss',
    text: 'The loss on rows that are never trained on. If it rises while the training loss still falls, the model has begun to memorise (overfitting).',
    picture: 'best',
  },
  sweep: {
    title: 'Sweep',
    text: 'The same training, several times, with one setting changed each time. Whatever comes out differently is that setting’s doing.',
    picture: 'loss',
  },
  scoreCard: {
    title: 'Score card',
    text: 'What a run is worth on one page: the task before and after, general text, the base with examples in its prompt, the most common label, what it recites. What was not measured is said.',
  },
  preferenceLoss: {
    title: 'Loss on pairs or verdicts',
    text: 'What this objective lowers: how far the model is from preferring the better answers. Its size depends on the objective, so compare it only with runs of the same one.',
    picture: 'margin',
  },
  chance: {
    title: 'Chance of the right next token',
    text: 'The loss, turned back into a chance: 1 in e^loss. It is an average (a geometric mean) over all tokens of the answers; e^loss alone is called perplexity.',
    picture: 'chance',
  },
  generalText: {
    title: 'Loss on general text',
    text: 'Measured on rows that come with this page and have nothing to do with yours, before and after the run: what training has cost the model outside your data.',
  },
  labels: {
    title: 'Labels',
    text: 'Answers that are one of a few: such data sort things. Labels with many more rows than others are preferred by the model, so always giving the largest one is what it has to beat.',
  },
  otherResults: {
    title: 'Results of others',
    text: 'Runs of other people, from the short files that this page saves. Losses on other rows, or of another model, are not on one scale: there only the shape of a curve can be compared.',
    picture: 'loss',
  },
  step: {
    title: 'Step',
    text: 'One update: the model reads a batch of rows, and every trained number moves a little in the direction that would have made the right tokens likelier.',
    picture: 'learningRate',
  },
  speed: {
    title: 'Tokens per second',
    text: 'How many tokens of your rows are read in a second, with all that learning from them takes.',
  },
  token: {
    title: 'Token',
    text: 'The piece of text that a model reads and writes: a short word, a part of a longer one, or a punctuation mark.',
    picture: 'token',
  },
  tokenLoss: {
    title: 'Loss of a token',
    text: 'How surprised the model is by this one token after all that stands before it: −ln of the chance that it gave it, in nats. 0 is certain, 2.3 a chance of 1 in 10. The loss of a row is the mean over its trained tokens.',
    picture: 'chance',
  },
  nextToken: {
    title: 'Next-token probabilities',
    text: 'A model does one thing: it gives every token it knows a probability of coming next. An answer is written by choosing one, adding it to the text, and asking again.',
    picture: 'odds',
  },
  base: {
    title: 'Base model',
    text: 'The model that you started from. Its own numbers are frozen: no training on this page ever changes them.',
    picture: 'frozen',
  },
  tuned: {
    title: 'Tuned model',
    text: 'The base model with your adapter added. Without the adapter it is the base model again.',
    picture: 'adapter',
  },
  adapter: {
    title: 'Adapter',
    text: 'The small set of new numbers that training makes, saved as a small file. Added to the frozen base model, they change how it answers.',
    picture: 'adapter',
  },
  lora: {
    title: 'LoRA (low-rank adaptation)',
    text: 'Beside a frozen matrix W stand two thin ones, A and B, and only those two are trained. Their product has the shape of W and is added to it.',
    picture: 'adapter',
  },
  parameters: {
    title: 'Parameters',
    text: 'The numbers that a model computes with. They were set by its training; more of them can hold more knowledge, and take more memory and time.',
  },
  architecture: {
    title: 'Architecture',
    text: 'The plan by which a model’s numbers are put to work, such as Llama or Qwen. An adapter fits only the very model that it was trained on.',
  },
  layers: {
    title: 'Layers',
    text: 'A model is a stack of blocks that are built alike. Text passes through all of them in order, and each one refines what the one before made of it.',
    picture: 'layer',
  },
  vocabulary: {
    title: 'Vocabulary',
    text: 'All the tokens that a model knows. At every position it gives each of them a probability.',
    picture: 'odds',
  },
  contextLength: {
    title: 'Context length',
    text: 'The most tokens that a model can take into account at once, its own answer included.',
  },
  trainedTokens: {
    title: 'Tokens trained on',
    text: 'Only the answers are learned. The tokens of the questions are read, so that the model knows what it is answering, but they are not graded.',
    picture: 'token',
  },
  duplicates: {
    title: 'Duplicate rows',
    text: 'Rows that appear more than once. They are learned more than the others, which is rarely what one wants.',
  },
  leaks: {
    title: 'Held-out rows also in training',
    text: 'Held-out rows whose exact text is trained on as well. Their loss shows what the model remembers, not what it has learned.',
    picture: 'heldOut',
  },
  movement: {
    title: 'How much a part has changed',
    text: 'The stronger the colour, the further training has moved that part. ‖ΔW‖ is the size of the change, ‖W‖ the size of what it is added to.',
    picture: 'map',
  },
  gradientNorm: {
    title: 'Gradient norm',
    text: 'The gradient is the direction that would lower the loss fastest; its norm is how steep it is. A sudden spike means that a step met something unusual.',
    picture: 'gradient',
  },
  memory: {
    title: 'Memory of a run',
    text: 'Base: the frozen model. Adapter: what is trained. Optimizer: two running averages for each trained number. Activations: results kept until the gradient is computed.',
  },
  strength: {
    title: 'Strength',
    text: 'How much of the adapter is added: 0 is the base model alone, 1 the adapter as it was trained, and more than 1 exaggerates it.',
    picture: 'strength',
  },
  atStep: {
    title: 'At step',
    text: 'Answers with the adapter of that step of the run, so that you can see when it learned what.',
  },
  expectations: {
    title: 'Expectations',
    text: 'Questions with what their answers must have. Asked again after each change of data, settings or base, they show what got better and what broke, as tests do for programs.',
  },
  merging: {
    title: 'Merging adapters',
    text: 'Several adapters of one base become one: what each changes in a weight is added up. So tasks that were learned apart are in one file, or one of them is taken away.',
    picture: 'adapter',
  },
  mergeWeight: {
    title: 'Weight in a merge',
    text: 'What the changes of this adapter are multiplied by before they are added up: 1 as trained, 0 not at all, and below 0 what it learned is taken away.',
    picture: 'strength',
  },
  mergeWay: {
    title: 'Way of merging',
    text: 'How changes become one. A sum takes them as they are; TIES, DARE and magnitude pruning drop some first, so that adapters get less in each other’s way.',
  },
  density: {
    title: 'Density',
    text: 'The share of an adapter’s changes that is kept before they are added up: the largest, or some at random. 1 keeps them all.',
  },
  roundingError: {
    title: 'Rounding error',
    text: 'How far fewer bits move a weight from what it was, compared with its size. The loss on your data says whether that matters.',
    picture: 'precision',
  },
  teacher: {
    title: 'Teacher',
    text: 'A model that already does the task. It reads each row once, before the first step, and what it finds likely at each token is learned beside the row’s own words.',
    picture: 'odds',
  },
  student: {
    title: 'Student',
    text: 'The smaller model of a distillation. It learns from what the teacher says, and is faster and needs less memory once it can do the same.',
  },
  kl: {
    title: 'KL divergence',
    text: 'How far one model’s probabilities for the next token are from another’s, in nats. 0 means that the two agree everywhere.',
    picture: 'odds',
  },
  crossEntropy: {
    title: 'Cross-entropy',
    text: 'How surprised the model is by the right next token, on average; what is called the loss where plain answers are learned.',
    picture: 'loss',
  },
  influence: {
    title: 'Rows that pull the same way',
    text: 'The gradient of an answer is the change of the adapter that would make it likelier; a row has one too. A cosine near 1 means that a step on the row would make the answer likelier, 0 that it would not matter.',
    picture: 'gradient',
  },
  reward: {
    title: 'Reward',
    text: 'A score that follows from probabilities alone: how much likelier an answer has become since the start of the run or, for ORPO and SimPO, how likely it is, token for token.',
    picture: 'margin',
  },
  margin: {
    title: 'Margin',
    text: 'The reward of the better answer minus that of the worse one. It grows as the model learns to tell them apart.',
    picture: 'margin',
  },
  pairsInOrder: {
    title: 'Pairs in the right order',
    text: 'The share of pairs in which the better answer has the higher reward. One half is a coin toss.',
    picture: 'margin',
  },
  fewShot: {
    title: 'Examples in the prompt',
    text: 'A few rows with their answers stand before the question, so that the model sees what is wanted (few-shot). Nothing is trained; each answer has more to read.',
  },
  retrieval: {
    title: 'Retrieval',
    text: 'What is nearest to the question is searched for and put into its prompt. The model reads it there and need not know it, so that facts can change without training.',
  },
  router: {
    title: 'One adapter for each part',
    text: 'The training questions are put into kinds by how alike they are, and each kind gets an adapter of its own. A new question goes to the one that most of the training questions nearest to it are for (a router).',
  },
  metric: {
    title: 'Metric',
    text: 'What counts as a right answer. Left empty, the right answers decide: labels, JSON fields, short answers or words. Else a name from the list, or an expression over answer and reference such as contains(answer, reference).',
  },
  interval: {
    title: 'Interval of 95 %',
    text: 'Other held-out rows would have given another figure. The interval says how far it may be off by chance alone: the fewer rows, the wider it is.',
  },
  frontier: {
    title: 'On the frontier',
    text: 'No other point is at least as good in quality, training time, memory and download, and better in one of them. Only such points are worth choosing from.',
  },
  requirement: {
    title: 'What suffices',
    text: 'A condition over metric, low and high (ends of its interval), loss, seconds, answer_seconds, memory_bytes, bytes and parameters. The cheapest that meets it is chosen; without one, the cheapest that is not measurably worse than the best.',
  },
  forgetting: {
    title: 'Forgetting',
    text: 'What a task loses while others are learned after it: its figure right after it was learned, less the one at the end. Where the interval has 0 in it, nothing is measurably lost.',
  },
  replay: {
    title: 'Replay',
    text: 'Some rows of another kind are mixed into every training, so that what they ask stays known. General rows keep general knowledge; to keep a task, its own rows have to be replayed.',
  },
  mix: {
    title: 'Mix',
    text: 'How the steps are shared among tasks: as many as each has rows, the same for each, or between the two, by temperature: the higher, the more evenly.',
  },
  intruders: {
    title: 'Intruder dimensions',
    text: 'Strong directions of the tuned weights that are like none of the base’s. They go with forgetting. Making them smaller may bring back what the base knew, at some cost to the task.',
  },
  cosine: {
    title: 'Cosine of two changes',
    text: 'Whether two adapters move the same weights the same way: 1 where both go in one direction, 0 where they have nothing in common, −1 where one undoes the other.',
  },
  pValue: {
    title: 'P-value, beside the base',
    text: 'How often chance alone would set two ways of answering this far apart on the same rows. Below 0.05 the difference counts as measured.',
  },
} as const satisfies Record<string, Entry>;

export const GLOSSARY = { ...SETTING_ENTRIES, ...OWN_ENTRIES };

export type TermId = keyof typeof GLOSSARY;

export function entryOf(term: TermId): Entry {
  return GLOSSARY[term];
}
