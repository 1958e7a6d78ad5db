import type { Turn } from '../forms/row.ts';
import { StandIns } from './protect.ts';

/**
 * Where in a rendered conversation each assistant turn is trained, found from the turns' own words and not from where
 * two renderings part.
 *
 * The conversation is rendered once more with private-use characters around the words of every turn. Between the words
 * of the turn before and those of turn k the template has written the header of turn k, so that
 *
 *   begin: after the header, which is what the template writes after the words of turn k − 1 when it is asked for a
 *          generation prompt; what follows it up to the words (an empty `<think>` block) is the model's to write
 *   end:   after the first control token behind the words of turn k, before any word of another turn
 *
 * Words of another turn can thus never be inside a span, wherever the template puts them.
 */

type TemplateTurn = Omit<Turn, 'train'>;

export interface Span {
  begin: number;
  end: number;
}

export interface SpanContext {
  /** @throws Error where the template refuses the turns. */
  render(turns: readonly TemplateTurn[], addGenerationPrompt: boolean): string;
  /** Any control token; null where the tokenizer has none. */
  control: RegExp | null;
  /** Whether the template knows of thinking that stands beside a turn's words. */
  thinks: boolean;
  /** Texts whose private-use characters must not be taken as marks. */
  inUse: readonly string[];
}

/** A conversation as the template writes it, with where the words of its turns stand. */
export interface MarkedText {
  text: string;
  /** By turn: its words [open, close) in `text`; `open` is −1 where only their end could be marked; null where neither. */
  words: (Span | null)[];
}

export class TurnSpans {
  private known: string | null | undefined;

  constructor(private readonly context: SpanContext) {}

  /** The header after a user's turn, for turns that nothing stands before. */
  private get reference(): string | null {
    if (this.known === undefined) this.known = this.tail([{ role: 'user', content: 'a' }]);
    return this.known;
  }

  /** The words of every turn in what the template writes. @throws Error where it refuses the turns. */
  mark(turns: readonly TemplateTurn[]): MarkedText {
    const text = this.context.render(turns, false);
    const marks = this.marks(turns);
    const all = this.markedWith(
      turns,
      marks,
      turns.map(() => VARIANTS[0]),
    );
    if (all?.text === text && all.words.every((word) => word !== null)) return all;
    // Marks around some turn's words change what the template writes, or get lost in it: turn by turn.
    let best: MarkedText = { text, words: turns.map(() => null) };
    const chosen: Variant[] = turns.map(() => NOT_MARKED);
    turns.forEach((_turn, k) => {
      for (const variant of VARIANTS) {
        const tried = this.markedWith(turns, marks, chosen.with(k, variant));
        if (tried?.text !== text || tried.words[k] === null) continue;
        chosen[k] = variant;
        best = tried;
        return;
      }
    });
    return best;
  }

  /** Turn k's span in the marked text; null where the turn is not written there, or not by itself. */
  locate(turns: readonly TemplateTurn[], k: number, { text, words }: MarkedText): Span | null {
    const own = words[k];
    if (own === null) return this.locateWithoutWords(turns, k, { text, words });
    const anchor = own.begin === -1 ? own.end : own.begin;
    const others = words.filter((word, j): word is Span => j !== k && word !== null);
    const from = Math.max(0, ...others.map((word) => word.end).filter((end) => end <= anchor));
    const until = Math.min(
      text.length,
      ...others
        .map((word) => (word.begin === -1 ? word.end : word.begin))
        .filter((begin) => begin >= own.end),
    );
    const begin = this.afterHeader(turns, k, text.slice(from, anchor), own.begin !== -1);
    if (begin === null) return null;
    const end = this.end(text, own.end, until, turns[k]);
    const span = { begin: from + begin, end };
    return this.holdsOthers(turns, k, text.slice(span.begin, span.end), words) ? null : span;
  }

  /** A turn of which no word could be marked (an empty one, in a template that asks whether it is). */
  private locateWithoutWords(
    turns: readonly TemplateTurn[],
    k: number,
    { text, words }: MarkedText,
  ): Span | null {
    const before = k === 0 ? 0 : words[k - 1]?.end;
    const next = k === turns.length - 1 ? { begin: text.length } : words[k + 1];
    if (before === undefined || !next || next.begin < before) return null;
    const gap = text.slice(before, next.begin);
    const header = this.tail(turns.slice(0, k)) ?? this.reference;
    if (!header || !gap.startsWith(header)) return null;
    const content = turns[k].content;
    if (content !== '' && !gap.slice(header.length).startsWith(content)) return null;
    const begin = before + header.length;
    return { begin, end: this.end(text, begin + content.length, next.begin, turns[k]) };
  }

  /**
   * Where the header ends in the text between the words of two turns.
   *
   * @param reaches the text ends where the words of the turn begin (else it holds them).
   */
  private afterHeader(
    turns: readonly TemplateTurn[],
    k: number,
    gap: string,
    reaches: boolean,
  ): number | null {
    // Blanks that the words themselves begin with are no header's.
    const lead = /^\s*/.exec(turns[k].content)![0];
    const most = reaches && gap.endsWith(lead) ? gap.length - lead.length : gap.length;
    for (const isReference of [false, true]) {
      const header = isReference ? this.reference : this.tail(turns.slice(0, k));
      if (header === null || header === '') continue;
      if (gap.startsWith(header)) return header.length;
      const { end, whole } = longestCommon(header, gap);
      // The header's end was found, or nothing stands between what was found of it and the words.
      if (end > 0 && (whole || (reaches && gap.slice(end).trim() === ''))) return Math.min(end, most);
    }
    return reaches ? most : null;
  }

  /** After the token that ends the turn whose words end at `from`, or after its words where none does. */
  private end(text: string, from: number, until: number, turn: TemplateTurn): number {
    if (turn.tool_calls) return from + (this.callsEnd(turn, text.slice(from, until)) ?? 0);
    const [end] = this.controlEnds(text, from, until);
    if (end !== undefined) return end;
    const blanks = /\s*$/.exec(turn.content)?.[0] ?? '';
    return text.startsWith(blanks, from) ? from + blanks.length : from;
  }

  /** Length of what a turn that calls tools writes after its marked words, up to its last control token. */
  private callsEnd(turn: TemplateTurn, rest: string): number | null {
    const turns = [{ role: 'user', content: 'a' }, turn];
    try {
      const marked = this.markedWith(turns, this.marks(turns), [NOT_MARKED, VARIANTS[0]]);
      const word = marked?.words[1];
      if (!marked || !word) return null;
      const alone = marked.text.slice(word.end);
      const length = this.controlEnds(alone, 0, alone.length).at(-1) ?? alone.length;
      return rest.startsWith(alone.slice(0, length)) ? length : null;
    } catch {
      return null;
    }
  }

  /** Whether the words of a turn that could not be marked stand in a span. */
  private holdsOthers(
    turns: readonly TemplateTurn[],
    k: number,
    span: string,
    words: MarkedText['words'],
  ): boolean {
    return turns.some(({ content, role }, j) => {
      const core = content.trim();
      return (
        j < k &&
        words[j] === null &&
        role !== 'assistant' &&
        core !== '' &&
        span.includes(core) &&
        !turns[k].content.includes(core)
      );
    });
  }

  /** What the template writes after the last turn's words when asked for a generation prompt; null where it refuses. */
  private tail(turns: readonly TemplateTurn[]): string | null {
    if (turns.length === 0) return null;
    const marks = this.marks(turns);
    const variants = turns.map((_turn, k) => (k === turns.length - 1 ? CLOSE_ONLY : NOT_MARKED));
    try {
      const marked = this.markedWith(turns, marks, variants, true);
      const last = marked?.words.at(-1);
      return marked && last ? marked.text.slice(last.end) : null;
    } catch {
      return null;
    }
  }

  private marks(turns: readonly TemplateTurn[]): Marks[] {
    const stands = new StandIns([...this.context.inUse, ...turns.map((turn) => JSON.stringify(turn))]);
    return turns.map(() => ({ open: stands.fresh(), close: stands.fresh() }));
  }

  private asKnown(turn: TemplateTurn): TemplateTurn {
    if (this.context.thinks || turn.reasoning_content === undefined) return turn;
    const { reasoning_content: _, ...known } = turn;
    return known;
  }

  private markedWith(
    turns: readonly TemplateTurn[],
    marks: readonly Marks[],
    variants: readonly Variant[],
    addGenerationPrompt = false,
  ): MarkedText | null {
    let written: string;
    try {
      written = this.context.render(
        turns.map((turn, k) => withMarks(this.asKnown(turn), marks[k], variants[k])),
        addGenerationPrompt,
      );
    } catch {
      return null;
    }
    const places = new Map<string, number>();
    let text = '';
    const known = new Set(marks.flatMap(({ open, close }) => [open, close]));
    for (const character of written) {
      if (!known.has(character)) text += character;
      // The last of several: a template may write a turn's words twice, first in a summary.
      else places.set(character, text.length);
    }
    const words = marks.map(({ open, close }) => {
      const end = places.get(close);
      const begin = places.get(open) ?? -1;
      return end === undefined || begin > end ? null : { begin, end };
    });
    return { text, words };
  }

  private controlEnds(text: string, from: number, until: number): number[] {
    const { control } = this.context;
    if (!control) return [];
    const ends: number[] = [];
    control.lastIndex = from;
    for (let match = control.exec(text); match && control.lastIndex <= until; match = control.exec(text)) {
      ends.push(control.lastIndex);
    }
    return ends;
  }
}

interface Marks {
  open: string;
  close: string;
}

type Variant = 'both' | 'close' | 'none';
const CLOSE_ONLY: Variant = 'close';
const NOT_MARKED: Variant = 'none';
const VARIANTS: readonly Variant[] = ['both', 'close'];

/** The turn with marks around its words, blanks at both ends outside; a call is marked by the name of the last. */
function withMarks(turn: TemplateTurn, { open, close }: Marks, variant: Variant): TemplateTurn {
  if (variant === 'none') return turn;
  const [, lead, core, tail] = /^(\s*)([\s\S]*?)(\s*)$/.exec(turn.content)!;
  const before = variant === 'both' ? open : '';
  const { reasoning_content: thought, tool_calls: calls } = turn;
  if (calls && calls.length > 0) {
    const last = calls.length - 1;
    const marked = calls.map((call, i) =>
      i !== last ? call : { ...call, function: { ...call.function, name: `${call.function.name}${close}` } },
    );
    const first = core === '' ? turn.content : lead + before + core + tail;
    return { ...turn, content: first, tool_calls: marked };
  }
  // Thinking stands before the words and is the assistant's too.
  if (thought?.trim()) {
    return {
      ...turn,
      reasoning_content: thought.replace(/\S/, (character) => before + character),
      content: lead + core + close + tail,
    };
  }
  return { ...turn, content: lead + before + core + close + tail };
}

/**
 * The longest text that `header` and `gap` share.
 *
 * @returns where it ends in `gap` (the last such place), and whether it holds the header's end.
 */
function longestCommon(header: string, gap: string): { end: number; whole: boolean } {
  let best = { length: 0, end: 0, whole: false };
  let previous = new Int32Array(gap.length + 1);
  for (let i = 1; i <= header.length; i++) {
    const row = new Int32Array(gap.length + 1);
    for (let j = 1; j <= gap.length; j++) {
      if (header[i - 1] !== gap[j - 1]) continue;
      const length = previous[j - 1] + 1;
      row[j] = length;
      if (length >= best.length) best = { length, end: j, whole: i === header.length };
    }
    previous = row;
  }
  return best;
}
