import type { PictureName } from '../glossary/picture-names.ts';

/** What somebody should know after a first run, as questions with their answers. */
export interface Idea {
  question: string;
  answer: string;
  picture: PictureName;
}

export const IDEAS: readonly Idea[] = [
  {
    question: 'What moves?',
    answer:
      'Training adds a small set of new numbers beside the model’s own: the adapter. Only those move, usually far fewer than one in ten of all.',
    picture: 'adapter',
  },
  {
    question: 'What stays?',
    answer:
      'The base model is frozen: not one of its own numbers changes. Remove the adapter, and the model is exactly what it was.',
    picture: 'frozen',
  },
  {
    question: 'What does the loss mean?',
    answer:
      'It is how surprised the model is by the right next piece of text; lower is better. A loss of 3 is a chance of 1 in 20, a loss of 1 a chance of 1 in 2.7.',
    picture: 'loss',
  },
  {
    question: 'Why are rows held out?',
    answer:
      'A model can learn its rows by heart. So a few rows are never trained on: if it gets better on those too, it has learned more than the words.',
    picture: 'heldOut',
  },
  {
    question: 'What is in the file?',
    answer:
      'The adapter: only the numbers that moved, which is why it is small. Programs that have the same base model add it: PEFT in Python, llama.cpp, MLX.',
    picture: 'file',
  },
  {
    question: 'When is training not needed?',
    answer:
      'When a few examples in the prompt are enough: “Compare first” tells you before you train. Facts that change often are better looked up.',
    picture: 'enough',
  },
];
