import type { AdapterModule } from '../model/modules.ts';
import type { METHOD_NAMES, START_NAMES } from './names.ts';

/** An adapter: named parameters of sites (linear layers, or the prompt) that are trained beside the frozen base. */

/** How to adapt, by the name that `--method` and saved files use. */
export type MethodId = (typeof METHOD_NAMES)[number]['value'];

/** How its matrices begin, by the name that `--init` and saved files use. */
export type StartId = Exclude<(typeof START_NAMES)[number]['value'], 'default'>;

export interface LoraSettings {
  /** Absent: LoRA, as in everything that was saved before there was a choice. DoRA has its settings, too. */
  method?: 'lora' | 'dora';
  rank: number;
  alpha: number;
  dropout: number;
  /** Module suffixes, as PEFT: `q_proj`, … */
  targets: string[];
  /** Rank-stabilised: s = alpha / √rank (arXiv 2312.03732). */
  rsLora?: boolean;
  /** Rank or alpha of single modules, by regular expressions that match the end of their paths, as PEFT's. */
  rankPattern?: Readonly<Record<string, number>>;
  alphaPattern?: Readonly<Record<string, number>>;
  /** Trained through the rounding of the file that it is to be merged into; see lora/rounded.ts. */
  mergeTarget?: 'q8' | 'q4';
  /** LoRA+: the learning rate of B is so many times that of A (arXiv 2402.12354). */
  loraPlusRatio?: number;
  /** Absent: A at random and B = 0. Where the start moved the base, the matrices hold it too; see lora/moved.ts. */
  start?: StartId;
  /** Not an adapter: it learns about the inputs of its sites (lora/starts/observer.ts). */
  observes?: true;
}

/** Trained embeddings in front of every row (prompt tuning, arXiv 2104.08691). */
export interface PromptSettings {
  method: 'prompt';
  virtualTokens: number;
  /** What they begin as; of no account once they are trained. */
  init?: 'vocab' | 'text' | 'random';
  text?: string;
}

/** Trained keys and values of virtual tokens in front of every row (prefix tuning, arXiv 2101.00190). */
export interface PrefixSettings {
  method: 'prefix';
  virtualTokens: number;
  /** What they begin as; of no account once they are trained. */
  init?: 'text' | 'zero' | 'random';
  /** Absent: tokens that are drawn from the vocabulary. */
  text?: string;
}

/** Trained factors of what linear layers give, or of what they take in ((IA)³, arXiv 2205.05638). */
export interface Ia3Settings {
  method: 'ia3';
  /** Module suffixes, as PEFT. */
  targets: string[];
  /** Those of them whose inputs are scaled. */
  feedForward: string[];
}

/** What a method needs to be told. */
export type AdapterSettings = LoraSettings | Ia3Settings | PromptSettings | PrefixSettings;

/** @throws RangeError on another method's: whoever works with LoRA's matrices has asked what the method is */
export function asLora(settings: AdapterSettings): LoraSettings {
  const { method = 'lora' } = settings;
  if (method === 'lora' || method === 'dora') return settings as LoraSettings;
  throw new RangeError(`the method ${method} has no matrices of LoRA`);
}

/** The same for (IA)³. */
export function asIa3(settings: AdapterSettings): Ia3Settings {
  if (settings.method === 'ia3') return settings;
  throw new RangeError(`the method ${settings.method ?? 'lora'} has no factors`);
}

/** One trained tensor of a site, row-major float32. */
export interface Parameter {
  /** As PEFT names it, e.g. `lora_A`. */
  name: string;
  shape: readonly [rows: number, columns: number];
  /** Its shape in PEFT's file, where that is another. */
  stored?: readonly number[];
  /** It begins as the norms of the rows of W + s·BA, which the engine computes: there is no other start. */
  begins?: 'row norms';
  /** Which of the method's optimizer groups it belongs to. */
  group: number;
  /** How many of its values no step changes; none. */
  frozen?: number;
}

/** Parameters that are updated with one learning rate. */
export interface OptimizerGroup {
  name: string;
  /** Times the run's learning rate. */
  rate: number;
}

/** An adapter's values on the CPU. */
export interface AdapterWeights<S extends AdapterSettings = AdapterSettings> {
  settings: S;
  modules: AdapterModule[];
  /** By `parameterKey`. */
  values: Map<string, Float32Array>;
}
