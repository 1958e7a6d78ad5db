import { meets } from '../../lab/expectations/expectation.ts';

export interface PatternQuestion {
  /** A regular expression that can be read. */
  pattern: string;
  answer: string;
}

/** Null: it is ready to be asked. */
export type PatternReply = boolean | null;

const reply = (data: PatternReply) => self.postMessage(data);

/** Looks for one pattern in one answer. Its owner ends it where that takes too long, which nothing here could. */
self.onmessage = ({ data: { pattern, answer } }: MessageEvent<PatternQuestion>) =>
  reply(meets({ kind: 'pattern', wanted: pattern }, answer));
reply(null);
