import { UserError } from '../../errors.ts';
import type { TokenizerFiles } from '../../weights/source.ts';
import { postProcessorFrame } from '../../weights/tokenizer-frame.ts';
import type { Tool } from '../forms/row.ts';
import type { ChatOptions, ChatTokenizer, EncodeOptions } from '../types.ts';
import { AddedTokenSplitter } from './added-tokens.ts';
import { ControlTextGuard, type StandIns } from './protect.ts';
import { ChatTemplate, type Conversation, type TemplateContext, type TemplateTurn } from './template.ts';
import { readAddedTokens, templateVariables, tokenText } from './tokenizer-files.ts';
import { TrainedWords } from './trained-words.ts';
import { mapWords, templateTurn, unwritten } from './turn-words.ts';
import { Vocabulary } from './vocabulary.ts';

/** Text as ids, and for places in the text the number of tokens that end before them, and whether one crosses each. */
interface EncodedText {
  ids: number[];
  marks: number[];
  crossed: boolean[];
}

/** A conversation as ids, with the stretches [begin, end) that its assistant turns take. */
export interface EncodedConversation {
  ids: number[];
  spans: { begin: number; end: number }[];
  /** The template changes earlier turns: only the last assistant turn has a span. */
  lastTurnOnly: boolean;
  /** What the template does not write of the turns: thinking, words of an answer, the end of one. */
  notes: RowNote[];
}

/**
 * What people are told of a row, with a count: parts that the chat template leaves out (calls are then trained as the
 * turn's words; `end` is the end of an answer), `besides`, words of the template's own that are trained, `joined`, a token
 * of both the answer and the template, and `control`, control tokens that the row itself holds.
 */
export type RowNote = 'tools' | 'calls' | 'reasoning' | 'words' | 'besides' | 'joined' | 'end' | 'control';

/** What building training rows needs beyond `ChatTokenizer`. */
export interface RowTokenizer extends ChatTokenizer {
  /** Ids from here on have no row in the model's embedding, whatever the tokenizer knows. */
  readonly modelVocab: number;
  /** The same with another chat template. @throws SyntaxError where it is not Jinja that can be read */
  withTemplate(source: string): RowTokenizer;
  /** The same with a date that its chat template is given, as in `DataOptions`. */
  on(date: string): RowTokenizer;
  /** Control tokens that the tokenizer itself puts in front of (behind) a text. */
  readonly frame: { before: readonly number[]; after: readonly number[] };
  /** @throws Error with the template's own words where it refuses the conversation. */
  conversation(
    turns: readonly (TemplateTurn & { train: boolean })[],
    tools?: readonly Tool[],
  ): EncodedConversation;
  /** Where the turns' own words stand among the ids of `conversation`. */
  contents(
    turns: readonly (TemplateTurn & { train: boolean })[],
    tools?: readonly Tool[],
  ): { begin: number; end: number }[];
  /** Whether the template writes tools that may be called, or calls of them. */
  writes(what: 'tools' | 'calls'): boolean;
  /** The control token that the template ends an assistant's turn with, as rows are trained to end; null where none is. */
  endOfTurnId(): number | null;
  /** Whether this is a control token. */
  isControl(id: number): boolean;
  /** Tokens as people read them; U+FFFD stands for a piece of a character whose other pieces are not among them. */
  tokenText(ids: readonly number[]): string;
}

/**
 * Opens a tokenizer from the files of a model.
 *
 * @param modelVocab rows of the model's embedding; a tokenizer may have had more tokens added to it than that.
 * @throws UserError `bad-tokenizer` where the files are no tokenizer that this project can run.
 */
export async function openTokenizer(
  files: TokenizerFiles,
  modelVocab = Number.POSITIVE_INFINITY,
): Promise<RowTokenizer> {
  try {
    return new ModelTokenizer(files, modelVocab);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const detail = error instanceof Error ? error.message : String(error);
    throw new UserError(
      'bad-tokenizer',
      `The model's tokenizer cannot be read (${detail.slice(0, 200)}). Your data is not affected; choose another model, or a folder with a complete tokenizer.json.`,
      { cause: error },
    );
  }
}

class ModelTokenizer implements RowTokenizer {
  readonly eosTokenId: number | null;
  readonly frame: { before: readonly number[]; after: readonly number[] };
  private readonly vocabulary: Vocabulary;
  private readonly early: AddedTokenSplitter;
  private readonly late: AddedTokenSplitter;
  private readonly guard: ControlTextGuard;
  private readonly controlIds: Set<number>;
  private readonly context: TemplateContext;
  private template: ChatTemplate | null;
  private readonly words: TrainedWords;
  private readonly cleanUp: boolean;

  constructor(
    files: TokenizerFiles,
    readonly modelVocab: number,
  ) {
    const { tokenizerJson, tokenizerConfig } = files;
    const added = readAddedTokens(tokenizerJson, tokenizerConfig);
    this.vocabulary = new Vocabulary(tokenizerJson, tokenizerConfig, added);
    this.cleanUp = tokenizerConfig.clean_up_tokenization_spaces === true;
    const early = added.filter((token) => !token.normalized);
    const late = added.filter((token) => token.normalized);
    this.early = new AddedTokenSplitter(early.map((token) => ({ text: token.content, token })));
    this.late = new AddedTokenSplitter(
      late.map((token) => ({ text: this.vocabulary.normalize(token.content), token })),
    );
    const control = added.filter((token) => token.special);
    this.controlIds = new Set(control.map((token) => token.id));
    this.guard = new ControlTextGuard(control.map((token) => token.content));

    const eos = tokenText(tokenizerConfig.eos_token);
    this.eosTokenId = eos === null ? null : (this.vocabulary.idOf(eos) ?? null);
    this.frame = this.readFrame(tokenizerJson);
    this.context = {
      controlTokens: control.map((token) => token.content),
      variables: templateVariables(tokenizerConfig),
    };
    this.words = new TrainedWords(this.context.controlTokens);
    this.template = files.chatTemplate === null ? null : new ChatTemplate(files.chatTemplate, this.context);
  }

  withTemplate(source: string): RowTokenizer {
    const other: ModelTokenizer = Object.assign(Object.create(ModelTokenizer.prototype), this);
    other.template = new ChatTemplate(source, this.context);
    return other;
  }

  on(date: string): RowTokenizer {
    const other: ModelTokenizer = Object.assign(Object.create(ModelTokenizer.prototype), this);
    other.template = this.template?.on(date) ?? null;
    return other;
  }

  get vocabSize(): number {
    return this.vocabulary.size;
  }

  get hasTemplate(): boolean {
    return this.template !== null;
  }

  encode(text: string, options: EncodeOptions = {}): number[] {
    let { ids } = this.encodeMarked(text, null, []);
    if (options.plain && ids.some((id) => this.controlIds.has(id))) {
      const { contents, stands } = this.guard.protect([text]);
      ids = this.encodeMarked(contents[0], stands, []).ids;
    }
    if (!options.addSpecial) return ids;
    const { before, after } = this.frame;
    return options.addSpecial === 'front' ? [...before, ...ids] : [...before, ...ids, ...after];
  }

  decode(ids: readonly number[], options: { skipSpecial?: boolean } = {}): string {
    const known = ids.filter(
      (id) => this.vocabulary.tokenOf(id) !== undefined && !(options.skipSpecial && this.controlIds.has(id)),
    );
    return this.vocabulary.decode(known, this.cleanUp);
  }

  chat(messages: readonly TemplateTurn[], options: ChatOptions): number[] {
    const { safe, stands, template } = this.protect(messages, options.tools);
    const { date, addGenerationPrompt } = options;
    const text = (date === undefined ? template : template.on(date)).render(safe, addGenerationPrompt);
    return this.encodeMarked(text, stands, []).ids;
  }

  writes(what: 'tools' | 'calls'): boolean {
    return this.template?.writes(what) ?? false;
  }

  conversation(
    turns: readonly (TemplateTurn & { train: boolean })[],
    tools?: readonly Tool[],
  ): EncodedConversation {
    const { safe, stands, template } = this.protect(turns, tools);
    const located: Conversation = template.locate(
      safe,
      turns.map((turn) => turn.train),
    );
    const places = located.spans.flatMap((span) => [span.begin, span.end]);
    const { ids, marks, crossed } = this.encodeMarked(located.text, stands, places);
    const spans = located.spans.map((_, i) => ({ begin: marks[2 * i], end: marks[2 * i + 1] }));
    const notes = new Set<RowNote>(unwritten(safe, turns, located.text));
    const trained = safe.filter(({ role }, k) => role === 'assistant' && turns[k].train);
    located.spans.forEach(({ begin, end }, i) => {
      const turn = located.lastTurnOnly ? trained[trained.length - 1] : trained[i];
      const { reasoning_content: thought, ...bare } = turn;
      const known = thought !== undefined && template.writes('thinking') ? turn : bare;
      const fault = this.words.fault(located.text.slice(begin, end), known);
      // Which thinking a template leaves out is known already.
      if (fault && !(fault === 'words' && notes.has('reasoning'))) notes.add(fault);
    });
    if (crossed.some((is) => is)) notes.add('joined');
    if (spans.some(({ end }) => !this.controlIds.has(ids[end - 1]))) notes.add('end');
    return { ids, spans, lastTurnOnly: located.lastTurnOnly, notes: [...notes] };
  }

  endOfTurnId(): number | null {
    const turns = [
      { role: 'user', content: 'Hi', train: false },
      { role: 'assistant', content: 'Hello', train: true },
    ];
    try {
      const { ids, spans } = this.conversation(turns);
      const last = ids[spans[0].end - 1];
      return this.controlIds.has(last) ? last : null;
    } catch {
      // The template refuses these turns, or there is none.
      return null;
    }
  }

  contents(
    turns: readonly (TemplateTurn & { train: boolean })[],
    tools?: readonly Tool[],
  ): { begin: number; end: number }[] {
    const { safe, stands, template } = this.protect(turns, tools);
    const { text } = template.locate(
      safe,
      turns.map((turn) => turn.train),
    );
    const places: number[] = [];
    let at = 0;
    for (const turn of safe) {
      const core = turn.content.trim();
      const found = core === '' ? -1 : text.indexOf(core, at);
      if (found === -1) continue;
      at = found + core.length;
      places.push(found, at);
    }
    const { marks } = this.encodeMarked(text, stands, places);
    return Array.from({ length: marks.length / 2 }, (_, i) => ({
      begin: marks[2 * i],
      end: marks[2 * i + 1],
    }));
  }

  isControl(id: number): boolean {
    return this.controlIds.has(id);
  }

  tokenText(ids: readonly number[]): string {
    const token = this.vocabulary.tokenOf(ids[0]) ?? '';
    if (ids.length === 1 && this.controlIds.has(ids[0])) return token;
    // Decoded alone, a word would lose the space before it.
    if (ids.length === 1 && token.startsWith('\u2581')) return token.replaceAll('\u2581', ' ');
    return this.vocabulary.decode(ids, false) || token;
  }

  private needTemplate(): ChatTemplate {
    if (!this.template) throw new UserError('no-template', 'This model has no chat template.');
    return this.template;
  }

  /** Turns and tools with no control token of their own, and the template for them. */
  private protect(
    turns: readonly TemplateTurn[],
    tools: readonly Tool[] = [],
  ): { safe: TemplateTurn[]; stands: StandIns | null; template: ChatTemplate } {
    const template = this.needTemplate();
    const given = turns.map(templateTurn);
    const texts: string[] = [];
    mapWords([given, tools], (word) => texts.push(word));
    const { contents, stands } = this.guard.protect(texts, template.source);
    let at = 0;
    const [safe, safeTools] = stands ? mapWords([given, tools], () => contents[at++]) : [given, tools];
    return {
      safe: safe as TemplateTurn[],
      stands,
      template: tools.length === 0 ? template : template.withTools(safeTools as Tool[]),
    };
  }

  /**
   * @param places ascending, in UTF-16 units of `text`; `marks[i]` is the index of the first token that reaches
   *   behind `places[i]`.
   */
  private encodeMarked(text: string, stands: StandIns | null, places: readonly number[]): EncodedText {
    const ids: number[] = [];
    const marks: number[] = [];
    const crossed: boolean[] = [];
    let place = 0;
    for (const piece of this.early.split(text)) {
      const end = piece.begin + piece.text.length;
      // A token may take the white space around it along; a place there is before or after the token.
      const tokenBegin = piece.token ? piece.begin + piece.text.indexOf(piece.token.content) : piece.begin;
      while (place < places.length && places[place] <= tokenBegin) {
        marks.push(ids.length);
        crossed.push(false);
        place++;
      }
      const pieceIds = piece.token
        ? [piece.token.id]
        : this.encodeStretch(piece.text, piece.begin === 0, stands);
      while (place < places.length && places[place] < end) {
        const before = piece.token
          ? pieceIds
          : this.encodeStretch(piece.text.slice(0, places[place] - piece.begin), piece.begin === 0, stands);
        const common = commonLength(before, pieceIds);
        marks.push(ids.length + common);
        // A blank is nobody's word.
        crossed.push(common < before.length && this.tokenText(before.slice(common)).trim() !== '');
        place++;
      }
      for (const id of pieceIds) ids.push(id);
    }
    for (; place < places.length; place++) {
      marks.push(ids.length);
      crossed.push(false);
    }
    return { ids, marks, crossed };
  }

  /** Text between two added tokens of the early kind. */
  private encodeStretch(text: string, first: boolean, stands: StandIns | null): number[] {
    const pieces = this.late.split(this.vocabulary.normalize(text));
    if (pieces.length === 1 && !pieces[0].token) return this.encodePlain(pieces[0].text, first, stands);
    const ids: number[] = [];
    for (const piece of pieces) {
      if (piece.token) ids.push(piece.token.id);
      else for (const id of this.encodePlain(piece.text, first && piece.begin === 0, stands)) ids.push(id);
    }
    return ids;
  }

  private encodePlain(text: string, first: boolean, stands: StandIns | null): number[] {
    if (!stands) return this.vocabulary.encode(text, first);
    const ids = this.vocabulary.encode(stands.restore(text), first);
    if (!ids.some((id) => this.controlIds.has(id))) return ids;
    // A vocabulary may hold a control token's text as an ordinary word (`</s>` in Unigram models).
    return stands
      .restoreInParts(text)
      .flatMap((part, i) => this.vocabulary.encode(part, first && i === 0))
      .filter((id) => !this.controlIds.has(id));
  }

  /** As transformers 5: of the post-processor alone. `add_bos_token` and `add_eos_token` of the config change nothing. */
  private readFrame(json: Record<string, unknown>): { before: number[]; after: number[] } {
    const frame = postProcessorFrame(json.post_processor);
    const toIds = (tokens: string[]): number[] =>
      tokens.map((token) => this.vocabulary.idOf(token)).filter((id) => id !== undefined);
    return { before: toIds(frame.before), after: toIds(frame.after) };
  }
}

function commonLength(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
