import type { TemplateName } from '../../data/text/template-names.ts';
import type { EngineInfo } from '../../engine/engine.ts';
import type { FormatWords } from '../../export/format.ts';
import type { FormatId } from '../../export/formats/list.ts';

/** What is opened, on which device, and what the page is told of it. */

export type DeviceChoice = 'auto' | 'webgpu' | 'wasm';

export interface Hardware {
  /** What a run would use now. */
  device: 'webgpu' | 'software' | 'wasm';
  /** For people: `Apple M2`, `SwiftShader (software)`, `CPU (WebAssembly)`. */
  name: string;
  gpu: EngineInfo['gpu'];
  /** Bytes that the adapter says it can hold in one buffer, and in all where known. */
  maxBufferBytes: number | null;
  /** Threads that a run on the processor would have with nobody at the page; 1 on a GPU. */
  threads: number;
  /** Why there is no (hardware) WebGPU and what browser, setting or address would help; null when there is. */
  problem: string | null;
}

/**
 * `files`: a dropped folder, with relative paths in `path`. `endpoint`: a mirror of the hub. `chatTemplate`: a name
 * (`plain`, `chatml`, `alpaca`) or Jinja text, in place of the model's own.
 */
export type ModelChoice = (
  | { kind: 'bundled' }
  | { kind: 'folder'; files: { path: string; blob: Blob }[] }
  | { kind: 'gguf'; file: File }
  | { kind: 'hub'; id: string; revision?: string; token?: string; endpoint?: string }
) & {
  chatTemplate?: string;
  /** Ranges of layers that another model is made of; weights/stacked.ts. */
  slices?: string;
};

/** What may be asked of a device beside its choice. */
export interface DeviceOptions {
  /** The GPU's matrix units may be used, an experiment of some browsers. */
  matrices?: boolean;
  /** Threads of a run on the processor; null: by the machine's cores. */
  threads?: number | null;
}

export interface ModelInfo {
  id: string;
  name: string;
  kind: ModelChoice['kind'];
  architecture: string;
  layers: number;
  hidden: number;
  vocab: number;
  parameters: number;
  contextLength: number;
  bytes: number;
  /** The type that most values are stored in: `f16`, `q4_1`; also how they are held where nothing else is chosen. */
  precision: string;
  licence: string | null;
  /** Whether conversations go through a chat template, its own or a chosen one. */
  hasTemplate: boolean;
  /** Whether it brings one; what was chosen in its place (a name or Jinja text); what to propose where it has none. */
  template: { own: boolean; chosen: string | null; proposed: TemplateName };
  /** Target suffixes of its blocks, in order, and the default choice. */
  targets: string[];
  defaultTargets: string[];
  /** The same for (IA)³. */
  ia3Targets: string[];
  /** The formats that an adapter on it, or an unfinished run, can be exported in, and why not where it cannot. */
  exports: FormatWords<FormatId>[];
  /** What was ignored or read in another way than its config.json says; told on opening and as warnings of a run. */
  notes: string[];
}

/** A second model, to distil from. */
export interface TeacherInfo {
  name: string;
  bytes: number;
  /** It is asked with an adapter. */
  adapter: boolean;
}
