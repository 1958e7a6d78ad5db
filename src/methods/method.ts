import type { DecoderConfig } from '../model/config.ts';
import type { AdapterModule } from '../model/modules.ts';
import type { TrainedRows } from '../model/sublayers/embedding.ts';
import type { AdaptedLinear } from '../model/sublayers/linear.ts';
import type { DecoderWeights } from '../model/weights.ts';
import type { View } from '../ops/memory.ts';
import type { Operations } from '../ops/operations.ts';
import type { AdapterSettings, AdapterWeights, MethodId, OptimizerGroup, Parameter } from './types.ts';

/**
 * A way to adapt a frozen model. Everything else (flat layout, moments, checkpoints, snapshots, counts, PEFT's files)
 * follows from the list of parameters; the methods are listed in list.ts.
 */
export interface Method<S extends AdapterSettings = AdapterSettings> {
  id: MethodId;
  /** What is adapted. @throws UserError `unknown-target`, `no-target` */
  sites(config: DecoderConfig, settings: S): AdapterModule[];
  /** Virtual tokens in front of every row; they are tokens for the memory, the positions and the time of a step. */
  virtualTokens?(settings: S): number;
  /** What is trained at a site, in the order in which it is saved. */
  parameters(site: AdapterModule, settings: S): readonly Parameter[];
  /** In the order in which they lie in flat buffers. */
  groups(settings: S): readonly OptimizerGroup[];
  /** Where a parameter begins; a pure function of seed and site, so that no other site changes it. */
  start(site: AdapterModule, parameter: Parameter, settings: S, seed: number): Float32Array;
  /**
   * All parameters of a site by name, or those that begin otherwise than by `start`, with something of the base's.
   * @throws UserError `bad-setting`
   */
  startOn?(
    base: StartBase,
    site: AdapterModule,
    settings: S,
    seed: number,
  ): Promise<Readonly<Record<string, Float32Array>>>;
  /**
   * W' − W of a site [out, in], row by row, each valid until the next is asked for; absent: no weight is changed.
   * @param base row j of W [in], asked for one after another
   */
  delta?(
    weights: AdapterWeights<S>,
    site: AdapterModule,
    base: (row: number) => ArrayLike<number>,
  ): Iterable<Float64Array>;
  /** What a site's bias is multiplied by, [out]; null: it stays. */
  biasFactors?(weights: AdapterWeights<S>, site: AdapterModule): Float32Array | null;
  /**
   * ‖W' − W‖² of a site, without forming it.
   * @param norms of the rows, where the layout has them
   */
  squaredDelta?(weights: AdapterWeights<S>, site: AdapterModule, norms?: SiteNorms): number;
  /**
   * Where `squaredDelta` is absent: how far each part of the adapter is from where it began, in the order in which it is
   * shown; null where that is not known.
   */
  moved?(
    weights: AdapterWeights<S>,
    begun: AdapterWeights | null,
    config: Pick<DecoderConfig, 'layers'>,
  ): MovedPart[] | null;
  /** How an export format can hold an adapter of this method; export.ts asks before anything is written. */
  heldBy(format: { id: string; label: string; merged: boolean }, settings: Partial<S>): Held;
  /** The same adapter in parameters that other programs know, on the base as it is; every export is of this. */
  exported?(weights: AdapterWeights): AdapterWeights;
  /** For model cards. */
  words(settings: S): MethodWords;
  /** How PEFT says what this is; see peft.ts. */
  peft: PeftForm<S>;
  /** Where the parameters lie on a GPU beside this base. */
  layout(base: DecoderWeights, modules: readonly AdapterModule[], settings: S): AdapterLayout;
}

export interface MethodWords {
  /** What an adapter of it is called, e.g. `LoRA adapter`. */
  title: string;
  tag: string;
  /** Its settings, by name. */
  rows: readonly (readonly [name: string, value: string])[];
}

/**
 * `as is`: the trained parameters; `converted`: others with the same effect; `merged only`: within the weights of the
 * base alone; `refused`: not at all, with a sentence that says what to do instead.
 */
export type Held = 'as is' | 'converted' | 'merged only' | { refused: string };

/** What a start may ask of the frozen model. */
export interface StartBase {
  config: DecoderConfig;
  /** Tokens of a text, as the tokenizer gives them with its own special ones. */
  tokens(text: string): Promise<number[]>;
  /** What these tokens enter the first block as [ids, hidden], before positions are added. */
  embeddings(ids: readonly number[]): Promise<Float32Array>;
  /** Keys (rotated) and values of a text in each layer [ids, kvHeads · headDim]: keys of the first, its values, keys of the second, … */
  keysAndValues(ids: readonly number[]): Promise<readonly Float32Array[]>;
  /** The weight of a site [out, in] as the kernels decode it. */
  weight(site: AdapterModule): Promise<Float32Array>;
  /** The same as its file has it. */
  stored(site: AdapterModule): Promise<Float32Array>;
}

/** `adapter_config.json` and tensor names. */
export interface PeftForm<S extends AdapterSettings> {
  /** Value of `peft_type`. */
  type: string;
  /** Fields beside those that all methods have; what PEFT's default already says is left out. */
  fields(settings: S, config: DecoderConfig, sites: readonly AdapterModule[]): Record<string, unknown>;
  /** Name of a parameter's tensor. */
  tensor(site: AdapterModule, parameter: Parameter): string;
}

/** A cell of the map of changes: a column and a row. */
export interface MovedPart {
  layer: number;
  target: string;
  value: number;
}

/** Norms of the rows of W, and of W + s·BA, each [out]. */
export interface SiteNorms {
  base: Float32Array;
  adapted: Float32Array;
}

/** A range of a flat buffer with one learning rate, in floats. */
export interface FlatGroup extends OptimizerGroup {
  begin: number;
  length: number;
}

/** Where the parameters of a run lie in one flat float32 buffer; gradients and moments lie in others like it. */
export interface AdapterLayout {
  /** Of what is trained, in floats. */
  length: number;
  /** Floats after those, in the buffer of the weights alone: what no step changes. */
  frozen: number;
  /** Settings under which the trained parameters alone are listed: the moments are of those. */
  trained: AdapterSettings;
  /** One after another, so that an optimizer step is one dispatch for each. */
  groups: readonly FlatGroup[];
  /** In the order of the run. */
  modules: readonly AdapterModule[];
  /**
   * `length` + `frozen` floats, or `length` where the weights are of `trained` settings. Zeros where nothing is.
   * @throws UserError `adapter-mismatch` naming a parameter of another shape
   */
  pack(weights: AdapterWeights): Float32Array<ArrayBuffer>;
  /** Of trained settings where there are only so many floats. */
  unpack(flat: Float32Array): AdapterWeights;
  /** Where the method needs the norms of rows: floats of them, and whose they are by module path. */
  norms?: { length: number; unpack(flat: Float32Array): ReadonlyMap<string, Float32Array> };
  /** The base with the adapter beside it: a new object over the same frozen weights. */
  adapt(views: FlatViews): AdaptedWeights;
}

export interface FlatViews {
  weights: View;
  gradients: View;
  /** Where the layout has norms. */
  norms?: View;
  /** First dims slot that dropout masks may take. */
  firstMask: number;
  /** Memory of the adapter's own, for what follows from its parameters. */
  allocate(label: string, bytes: number): View;
}

export interface AdaptedWeights {
  weights: DecoderWeights<AdaptedLinear>;
  /** Rows behind those of the embedding. */
  trained?: TrainedRows;
  masks: MaskSlots;
  /** Computes the norms of rows: of the base, or as adapted, which is asked for whenever parameters have changed. */
  norms?(ops: Operations, of: keyof SiteNorms): void;
  /** Merges the adapter into weights, at the strength of the dims: asked for whenever parameters or strength have changed. */
  merge?(ops: Operations): void;
}

/** With dropout each block has a dims slot of its own, of which `firstModule` is the number of its first module. */
export interface MaskSlots {
  /** The first of them; those of the other blocks follow. */
  first: number;
  /** First module of each block, in the order of the slots. */
  modules: readonly number[];
}
