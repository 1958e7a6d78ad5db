import { alpaca } from './alpaca.ts';
import { chat } from './chat.ts';
import { choices } from './choices.ts';
import { contents } from './contents.ts';
import { dialogue } from './dialogue.ts';
import type { Form } from './form.ts';
import { labelledText } from './labelled-text.ts';
import { notRows } from './not-rows.ts';
import { preference } from './preference.ts';
import { promptCompletion } from './prompt-completion.ts';
import { questionAnswer } from './question-answer.ts';
import { ranked } from './ranked.ts';
import { sharegpt } from './sharegpt.ts';
import { text } from './text.ts';

/**
 * The forms that rows are known in, in the order in which they are tried: the first that a row's keys or contents speak
 * for is the row's. What marks an answer as bad comes first, so that it is never read as a good one.
 */
export const FORMS: readonly Form[] = [
  preference,
  ranked,
  chat,
  sharegpt,
  contents,
  promptCompletion,
  alpaca,
  choices,
  questionAnswer,
  labelledText,
  notRows,
  text,
  dialogue,
];
