/** What `npm run bench -- --json` prints. Names are a contract: add, never rename (docs/commands.md). */

export interface KernelRow {
  name: string;
  shape: string;
  dtype: string;
  variant: string;
  ms: number;
  gflops: number | null;
  gb_per_s: number | null;
  /** Share of the best matrix product in float32 of this run; smaller weights may exceed it. */
  of_best: number | null;
  /** How many times slower the peer was in the same rounds; null: not measured. */
  against_tfjs: number | null;
  /** tfjs with the weight in both layouts and the gradient by hand, as the plain decoder uses it. */
  against_tfjs_by_hand: number | null;
  against_jax: number | null;
}

export interface StepRow {
  model: string;
  layers: number;
  vocab: number;
  batch: number;
  length: number;
  rank: number;
  dtype: string;
  ms: number;
  tokens_per_second: number;
  /** Share of the best matrix product in float32 that the step's own FLOPs reach. */
  utilisation: number;
  dispatches: number;
  submits: number;
  /** From the call of a step to its last submit, where the engine runs. */
  host_ms: number;
  /** Work of the page's own thread a step; null: there is no page. */
  main_thread_ms: number | null;
  peak_bytes: number;
  plan_bytes: number;
  /** After the compared steps (three; two of long rows; one without peers), from the same adapter on the same batch. */
  loss: number;
  against_tfjs: number | null;
  against_jax: number | null;
  against_wasm: number | null;
  loss_tfjs: number | null;
  loss_jax: number | null;
  loss_wasm: number | null;
}

export interface MemoryGrowth {
  /** Steps between the two looks. */
  steps: number;
  gpu_bytes: number;
  /** Page and workers after a forced collection; null where it cannot be known. */
  heap_bytes: number | null;
}

export interface BenchResult {
  date: string;
  gpu: { vendor: string; architecture: string; description: string; features: string[] };
  best_matmul_gflops: number;
  /** What that was. */
  best_matmul: string;
  kernels: KernelRow[];
  steps: StepRow[];
  memory_growth: MemoryGrowth | null;
}

export interface BenchOptions {
  only: 'all' | 'kernels' | 'steps' | 'peers' | 'tiles';
  quick: boolean;
  /** The GPU's matrix units may be used. */
  matrices?: boolean;
  /** Everything, at sizes that take no time: for tests of the benchmark itself. */
  tiny?: boolean;
  /** How late a browser may tell that work is done. */
  waitMs?: number;
}

/** What the bench asks of whoever runs it. */
export interface BenchHost {
  say(line: string): void | Promise<void>;
  /** Whether tfjs's wasm backend finds its files here. */
  readonly wasm: boolean;
  /** Tells the page of a step, as a run does. */
  stepped(): void | Promise<void>;
  /** Heap in use, page and workers, after a collection. */
  heapBytes(): Promise<number | null>;
  /** Milliseconds that the page's own thread has worked since it was opened. */
  mainThreadMs(): Promise<number | null>;
}
