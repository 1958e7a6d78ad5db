import type { Family } from '../../model/families/family.ts';
import { FAMILIES } from '../../model/families/list.ts';
import type { Tool, Turn } from '../forms/row.ts';
import { escapeForRegExp } from './escape.ts';
import { JinjaTemplate } from './jinja/interpreter.ts';
import { StandIns } from './protect.ts';
import { type MarkedText, type Span, TurnSpans } from './turn-spans.ts';

/**
 * Chat templates: from turns to the text that the model sees, and where in it the assistant speaks.
 *
 * Where the template marks what the assistant writes itself (`{% generation %}`), spans are taken from its marks; else
 * they are found from the turns' own words (`turn-spans.ts`).
 */

export type TemplateTurn = Omit<Turn, 'train'>;

export interface Conversation {
  text: string;
  /** Ascending, in UTF-16 units of `text`. */
  spans: { begin: number; end: number }[];
  /** The template changes earlier turns, so only the last assistant turn has a span. */
  lastTurnOnly: boolean;
}

export interface TemplateContext {
  controlTokens: readonly string[];
  /** `bos_token`, `eos_token` and whatever else the template may name. */
  variables: Record<string, string>;
}

export class ChatTemplate {
  readonly source: string;
  private readonly template: JinjaTemplate;
  /** The same with earlier turns kept whole, for families that shorten them. */
  private readonly training: JinjaTemplate;
  /** Whether it marks what the assistant writes itself. */
  private readonly marked: boolean;
  private readonly variables: Record<string, string>;
  private readonly control: RegExp | null;
  /** What conversations may call. */
  private readonly tools: readonly Tool[] | null = null;
  /** What `strftime_now` gives; null: the present. */
  private readonly date: Date | null = null;

  /** @throws SyntaxError where the template is not Jinja that can be read. */
  constructor(source: string, context: TemplateContext, families: readonly Family[] = FAMILIES) {
    this.source = source;
    this.variables = context.variables;
    this.template = new JinjaTemplate(source);
    const training = trainingSource(source, families);
    this.training = training === source ? this.template : new JinjaTemplate(training);
    const tokens = [...context.controlTokens]
      .filter((token) => token !== '')
      .sort((a, b) => b.length - a.length);
    this.control = tokens.length === 0 ? null : new RegExp(tokens.map(escapeForRegExp).join('|'), 'g');
    this.marked = GENERATION_TAG.test(training);
  }

  /** The same for a conversation that may call these tools. */
  withTools(tools: readonly Tool[]): ChatTemplate {
    return Object.assign(Object.create(ChatTemplate.prototype) as ChatTemplate, this, { tools });
  }

  /** The same on a date, local time as ISO 8601 writes it. */
  on(date: string): ChatTemplate {
    return Object.assign(Object.create(ChatTemplate.prototype) as ChatTemplate, this, {
      date: new Date(date),
    });
  }

  /** Whether it writes tools that a conversation may call, the calls of its turns, or thinking beside words, at all. */
  writes(what: keyof typeof NAMES): boolean {
    return NAMES[what].test(this.source);
  }

  /** @throws Error with the template's own words where it refuses the turns. */
  render(turns: readonly TemplateTurn[], addGenerationPrompt: boolean): string {
    return this.run(this.template, turns, addGenerationPrompt);
  }

  /**
   * The text of a conversation and the spans of the assistant turns to train on.
   *
   * @param train one flag a turn; flags of other roles are ignored.
   * @throws Error with a sentence where no span can be found, or with the template's own words where it refuses.
   */
  locate(turns: readonly TemplateTurn[], train: readonly boolean[]): Conversation {
    const wanted = turns.flatMap((turn, k) => (turn.role === 'assistant' && train[k] ? [k] : []));
    const byMarks = this.locateByMarks(turns, wanted);
    if (byMarks) return byMarks;

    const finder = this.spansOf(this.training);
    const marked = finder.mark(turns);
    const spans = wanted.map((k) => this.asItWasWritten(finder, turns, k, marked));
    if (spans.every((span, i) => span !== null && span.begin >= (spans[i - 1]?.end ?? 0)))
      return { text: marked.text, spans: spans as Span[], lastTurnOnly: false };
    return this.locateLast(turns, wanted.at(-1)!);
  }

  /** Turn k's span, or null where the template writes the turn otherwise once others follow it. */
  private asItWasWritten(
    finder: TurnSpans,
    turns: readonly TemplateTurn[],
    k: number,
    marked: MarkedText,
  ): Span | null {
    const span = finder.locate(turns, k, marked);
    if (!span || k === turns.length - 1) return span;
    const first = turns.slice(0, k + 1);
    const alone = finder.mark(first);
    const written = finder.locate(first, k, alone);
    if (!written) return null;
    // A control token after it may be the next turn's beginning: the turn ends where it ended when it was the last.
    const words = alone.text.slice(written.begin, written.end);
    const end = span.begin + words.length;
    return marked.text.slice(span.begin, end) === words && end <= span.end ? { ...span, end } : null;
  }

  /** The last assistant turn in the model's own template, as the model would meet it. */
  private locateLast(turns: readonly TemplateTurn[], k: number): Conversation {
    const isLast = !turns.slice(k + 1).some((turn) => turn.role === 'assistant');
    const finder = this.spansOf(this.template);
    const marked = finder.mark(turns);
    const span = isLast ? finder.locate(turns, k, marked) : null;
    if (!span) throw new Error("The assistant's turns cannot be found in what the chat template writes");
    return { text: marked.text, spans: [span], lastTurnOnly: true };
  }

  private spansOf(template: JinjaTemplate): TurnSpans {
    return new TurnSpans({
      render: (turns, addGenerationPrompt) => this.run(template, turns, addGenerationPrompt),
      control: this.control,
      thinks: this.writes('thinking'),
      inUse: [this.source, this.tools ? JSON.stringify(this.tools) : ''],
    });
  }

  private run(
    template: JinjaTemplate,
    turns: readonly TemplateTurn[],
    addGenerationPrompt: boolean,
    marks: { begin: string; end: string } | null = null,
  ): string {
    const messages = turns.map(asMessage);
    const run = (given: readonly object[]): string =>
      template.render(
        {
          ...CHAT_FUNCTIONS,
          strftime_now: (format: string): string => strftime(this.date ?? new Date(), format),
          ...this.variables,
          messages: given,
          tools: this.tools,
          documents: null,
          add_generation_prompt: addGenerationPrompt,
        },
        marks,
      );
    try {
      return run(messages);
    } catch (error) {
      // Some templates add the arguments to a text, and so need them as one: Python refuses an object there.
      if (!turns.some((turn) => turn.tool_calls) || !/\bdict\b/.test(String(error))) throw error;
      return run(messages.map(withArgumentsAsText));
    }
  }

  private locateByMarks(turns: readonly TemplateTurn[], wanted: readonly number[]): Conversation | null {
    if (!this.marked) return null;
    // Characters that stand for control tokens in the words are none of the marks.
    const stands = new StandIns([this.source, ...this.words(turns)]);
    const [begin, end] = [stands.fresh(), stands.fresh()];
    const text = this.run(this.training, turns, false, { begin, end });
    const found: { begin: number; end: number }[] = [];
    let plain = '';
    for (const part of text.split(new RegExp(`(${begin}|${end})`))) {
      if (part === begin) found.push({ begin: plain.length, end: plain.length });
      else if (part === end) {
        if (found.length > 0) found[found.length - 1].end = plain.length;
      } else plain += part;
    }
    const assistants = turns.flatMap((turn, k) => (turn.role === 'assistant' ? [k] : []));
    if (found.length !== assistants.length) return null;
    const spans = wanted.map((k) => {
      const span = found[assistants.indexOf(k)];
      const header = this.prompt(turns, k, this.training);
      const start =
        header !== null &&
        plain.startsWith(header) &&
        !beginsWith(turns[k], plain.slice(span.begin, header.length))
          ? Math.max(span.begin, header.length)
          : span.begin;
      const last = this.lastControlEnd(plain, start, span.end);
      // Only white space may follow the end-of-turn token within the marks.
      const stop = last !== null && plain.slice(last, span.end).trim() === '' ? last : span.end;
      return { begin: Math.min(start, stop), end: stop };
    });
    return { text: plain, spans, lastTurnOnly: false };
  }

  /** What the template writes up to turn k with the generation prompt; null where it refuses so few turns. */
  private prompt(turns: readonly TemplateTurn[], k: number, template: JinjaTemplate): string | null {
    try {
      return this.run(template, turns.slice(0, k), true);
    } catch (error) {
      if (k === 0 || (k === 1 && turns[0].role === 'system')) return null;
      throw error;
    }
  }

  /** Every text that a conversation brings along. */
  private words(turns: readonly TemplateTurn[]): string[] {
    return turns
      .flatMap(({ content, reasoning_content: thought = '', tool_calls: calls = [] }) => [
        content,
        thought,
        ...(calls.length > 0 ? [JSON.stringify(calls)] : []),
      ])
      .concat(this.tools ? [JSON.stringify(this.tools)] : []);
  }

  private firstControlEnd(text: string, from: number): number | null {
    if (!this.control) return null;
    this.control.lastIndex = from;
    const match = this.control.exec(text);
    return match ? match.index + match[0].length : null;
  }

  private lastControlEnd(text: string, from: number, to: number): number | null {
    let last: number | null = null;
    for (let at = from; ; ) {
      const next = this.firstControlEnd(text, at);
      if (next === null || next > to) return last;
      last = next;
      at = next;
    }
  }
}

/** Whether what a generation prompt ends with is the turn's own, as `<think>` may be. */
function beginsWith({ content }: TemplateTurn, words: string): boolean {
  return words.trim() !== '' && content.trimStart().startsWith(words.trim());
}

/** As transformers hands a turn on: a call without words has no content, and thinking has both of its names. */
function asMessage({ role, content, ...turn }: TemplateTurn): object {
  const { reasoning_content: thought } = turn;
  return {
    ...(thought !== undefined && { thinking: thought }),
    role,
    ...(!(turn.tool_calls && content === '') && { content }),
    ...turn,
  };
}

function withArgumentsAsText(message: object): object {
  const { tool_calls: calls } = message as TemplateTurn;
  const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return !calls
    ? message
    : {
        ...message,
        tool_calls: calls.map((call) => ({
          ...call,
          function: { ...call.function, arguments: asText(call.function.arguments) },
        })),
      };
}

/** What a template calls what it writes of a conversation. */
const NAMES = {
  tools: /\btools\b/,
  calls: /\btool_calls\b/,
  thinking: /\b(reasoning_content|thinking)\b/,
};

const GENERATION_TAG = /\{%-?\s*generation\s*-?%\}/;

/** The template made fit for training by every family that knows one like it: fine-tunes bring a family's along. */
function trainingSource(source: string, families: readonly Family[]): string {
  const kept = families.reduce((text, { trainingTemplate }) => trainingTemplate?.(text) ?? text, source);
  return source.includes('reasoning_content') ? kept : kept.replace(CUTS_THINKING, '');
}

/** R1 and its kin cut the thinking out of every answer that they render; for training it stays. */
const CUTS_THINKING = /(?<=\w)\.split\((['"])<\/think>\1\)\s*(?:\[-1\]|\|\s*last\b)/g;

/** What transformers gives to templates beside jinja2's own. */
export const CHAT_FUNCTIONS = {
  strftime_now: (format: string): string => strftime(new Date(), format),
  raise_exception: (message: unknown): never => {
    throw new Error(String(message));
  },
};

/** Python's strftime, as far as dates in templates go, in English and local time. */
function strftime(date: Date, given: string): string {
  const format = given.replaceAll('%F', '%Y-%m-%d').replaceAll('%T', '%H:%M:%S');
  const two = (value: number): string => String(value).padStart(2, '0');
  const name = (options: Intl.DateTimeFormatOptions): string => date.toLocaleDateString('en-US', options);
  const fields: Record<string, string> = {
    Y: String(date.getFullYear()),
    y: two(date.getFullYear() % 100),
    m: two(date.getMonth() + 1),
    d: two(date.getDate()),
    H: two(date.getHours()),
    I: two(date.getHours() % 12 || 12),
    M: two(date.getMinutes()),
    S: two(date.getSeconds()),
    p: date.getHours() < 12 ? 'AM' : 'PM',
    b: name({ month: 'short' }),
    B: name({ month: 'long' }),
    a: name({ weekday: 'short' }),
    A: name({ weekday: 'long' }),
    j: String(dayOfYear(date)).padStart(3, '0'),
    e: String(date.getDate()).padStart(2, ' '),
    z: '',
    Z: '',
    '%': '%',
  };
  return format.replace(/%(-?)([a-zA-Z%])/g, (whole, bare: string, field: string) => {
    const text = fields[field];
    if (text === undefined)
      throw new Error(`The chat template asks for the date as '${whole}', which is not read here`);
    // glibc's `-`: without zeros or blanks in front.
    return bare ? text.replace(/^[0 ]+(?=.)/, '') : text;
  });
}

function dayOfYear(date: Date): number {
  const days = (of: Date): number => Date.UTC(of.getFullYear(), of.getMonth(), of.getDate()) / 86_400_000;
  return days(date) - days(new Date(date.getFullYear(), 0, 1)) + 1;
}
