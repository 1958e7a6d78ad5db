/** What a thread needs to begin with. */
export interface ThreadStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Address of what the threads share their work by. */
  control: number;
  /** From 1 on; 0 asks. */
  thread: number;
}
