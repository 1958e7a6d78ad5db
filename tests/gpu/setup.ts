export {};

// Nothing that needs a GPU is ever skipped: without an adapter every file of this project fails here.
const adapter = await navigator.gpu?.requestAdapter();
if (!adapter)
  throw new Error('No WebGPU adapter in this browser: the GPU tests cannot run, and so they fail.');
