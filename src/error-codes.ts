/**
 * Every error that a person may see, by its code. `UserError` takes no other code, the page and the commands look here
 * for what follows from one, and tests hold that each is thrown somewhere.
 */

export interface ErrorKind {
  /** What happened, for whoever reads the table; the person reads the sentence that comes with the error. */
  means: string;
  /** Exit status of a command: 2 for what was given to it, 3 for a missing WebGPU adapter, 1 for anything else. */
  exit: 1 | 2 | 3;
  /** The very same request may succeed later, so the page may offer to make it again. */
  retry?: true;
  /** The flag of a command that it is about: whoever throws it knows no flags. */
  flag?: string;
}

export const ERRORS = {
  // Models: folders and configurations
  'bad-config': { means: 'config.json lacks a field or has one that cannot be.', exit: 2, flag: 'model' },
  'bad-index': { means: 'The index of the shards names no tensors.', exit: 2 },
  'bad-json': { means: 'A file of the model is not a JSON object.', exit: 2 },
  'bad-shard-path': { means: 'The index of the shards points outside its folder.', exit: 2 },
  'bad-chat-template': {
    means: 'A chat template that a person chose cannot be read.',
    exit: 2,
    flag: 'chat-template',
  },
  'bad-tokenizer': { means: 'tokenizer.json cannot be read.', exit: 2, flag: 'model' },
  'bundled-missing': { means: 'A file of the bundled model is not on the server.', exit: 1 },
  'duplicate-tensor': { means: 'Two of the files of a model have the same tensor.', exit: 2 },
  'file-too-large': { means: 'A small file of a model is far larger than it can be.', exit: 2 },
  'missing-shard': {
    means: 'A file that the index of the shards names is not there.',
    exit: 2,
    flag: 'model',
  },
  'missing-tensor': { means: 'The weights lack a tensor of the architecture.', exit: 2, flag: 'model' },
  'bad-slices': {
    means: 'Ranges of layers name layers that the model has not.',
    exit: 2,
    flag: 'slices',
  },
  'no-config': { means: 'A folder has no config.json.', exit: 2, flag: 'model' },
  'no-teacher': { means: 'No teacher is open to distil from.', exit: 2, flag: 'teacher' },
  'other-tokenizer': {
    means: 'A teacher has other tokens than the model that is to learn from it.',
    exit: 2,
    flag: 'teacher',
  },
  'no-model': { means: 'No model is open.', exit: 2 },
  'no-template': { means: 'The model has no chat template.', exit: 2 },
  'no-tokenizer': { means: 'A folder has no tokenizer.json.', exit: 2, flag: 'model' },
  'no-weights': {
    means: 'A folder has no safetensors file, or several without an index.',
    exit: 2,
    flag: 'model',
  },
  'not-finite': { means: 'A weight is NaN or infinite.', exit: 2 },
  'quantised-checkpoint': { means: 'The weights are quantised in a way that is not read.', exit: 2 },
  'shape-mismatch': { means: 'A tensor has another shape than config.json says.', exit: 2, flag: 'model' },
  'template-hangs': { means: 'The chat template of the model does not end.', exit: 2 },
  'unknown-architecture': { means: 'No family of models has this architecture.', exit: 2, flag: 'model' },
  'unknown-rope': { means: 'The rotary embedding is scaled in an unknown way.', exit: 2 },
  'unsupported-trait': {
    means: 'The model computes something that is not supported.',
    exit: 2,
    flag: 'model',
  },
  'unsupported-type': { means: 'A tensor is stored in a type that is not read.', exit: 2 },

  // Models: GGUF files
  'gguf-bad-alignment': { means: 'The alignment is not a power of two.', exit: 2 },
  'gguf-bad-count': { means: 'A count is larger than it can be.', exit: 2 },
  'gguf-bad-dimension': { means: 'A tensor has dimensions that cannot be.', exit: 2 },
  'gguf-bad-integer': { means: 'An integer is beyond 2^53.', exit: 2 },
  'gguf-bad-magic': { means: 'The file does not begin with GGUF.', exit: 2 },
  'gguf-bad-metadata': { means: 'The metadata lacks what the architecture needs.', exit: 2, flag: 'model' },
  'gguf-bad-name': { means: 'A name is empty, too long, or not usable.', exit: 2 },
  'gguf-bad-offset': { means: 'A tensor is not aligned or lies outside the file.', exit: 2 },
  'gguf-bad-string': { means: 'A text is longer than the file.', exit: 2 },
  'gguf-bad-type': { means: 'A metadata value has an unknown type.', exit: 2 },
  'gguf-bad-utf8': { means: 'A text is not UTF-8.', exit: 2 },
  'gguf-bad-version': { means: 'The version of the format is not read.', exit: 2 },
  'gguf-duplicate-key': { means: 'A metadata key is given twice.', exit: 2 },
  'gguf-duplicate-tensor': { means: 'A tensor is given twice.', exit: 2 },
  'gguf-header-too-large': { means: 'The header is larger than any real one.', exit: 2 },
  'gguf-nested-array': { means: 'A metadata value is an array of arrays.', exit: 2 },
  'gguf-no-tokenizer': { means: 'The file has no whole tokenizer.', exit: 2 },
  'gguf-not-a-model': { means: 'The file holds something else, such as an adapter.', exit: 2, flag: 'model' },
  'gguf-overlap': { means: 'Two tensors overlap.', exit: 2 },
  'gguf-split': { means: 'The file is one of several parts.', exit: 2 },
  'gguf-too-small': { means: 'The file ends inside its header.', exit: 2 },
  'gguf-unknown-tokenizer': { means: 'The tokenizer is of a kind that is not known.', exit: 2 },
  'gguf-unsupported-type': {
    means: 'A tensor is stored in a type that is not read.',
    exit: 2,
    flag: 'model',
  },

  // Safetensors files, of models and of adapters
  'safetensors-bad-entry': { means: 'The description of a tensor is not proper.', exit: 2 },
  'safetensors-bad-json': { means: 'The header is not a proper JSON object.', exit: 2 },
  'safetensors-bad-metadata': { means: 'The metadata are not texts.', exit: 2 },
  'safetensors-bad-offsets': { means: 'A tensor lies outside the file.', exit: 2 },
  'safetensors-bad-utf8': { means: 'The header is not UTF-8.', exit: 2 },
  'safetensors-header-beyond-file': { means: 'The file ends inside its header.', exit: 2 },
  'safetensors-header-too-large': { means: 'The header is larger than any real one.', exit: 2 },
  'safetensors-hole': { means: 'Bytes between two tensors belong to none.', exit: 2 },
  'safetensors-overflow': { means: 'A shape has more values than can be counted.', exit: 2 },
  'safetensors-overlap': { means: 'Two tensors overlap.', exit: 2 },
  'safetensors-size-mismatch': { means: 'A tensor has more or fewer bytes than its shape needs.', exit: 2 },
  'safetensors-too-small': { means: 'The file is shorter than any header.', exit: 2 },
  'safetensors-trailing-bytes': { means: 'Bytes at the end belong to no tensor.', exit: 2 },
  'safetensors-unknown-type': { means: 'A tensor has a type that the format does not know.', exit: 2 },

  // The hub
  'bad-hub-id': { means: 'This is not the name of a model on the hub.', exit: 2 },
  'hub-bad-answer': { means: 'The hub answered with something that cannot be read.', exit: 1, retry: true },
  'hub-busy': { means: 'The hub refuses for now, or failed.', exit: 1, retry: true },
  'hub-gated': { means: 'The model is private or its terms were not accepted.', exit: 2 },
  'hub-hash-mismatch': { means: 'A file arrived damaged.', exit: 1, retry: true },
  'hub-missing': { means: 'There is no such model on the hub.', exit: 2 },
  'hub-paused': { means: 'The person paused the download.', exit: 1, retry: true },
  'hub-unreachable': { means: 'The connection to the hub failed or was cut.', exit: 1, retry: true },

  // Data
  'bad-expression': {
    means: 'An expression that says what is right or what suffices cannot be read.',
    exit: 2,
  },
  'bad-expectation': { means: 'What is expected of an answer cannot be read.', exit: 2 },
  'bad-documents': { means: 'Documents to search in cannot be read.', exit: 2, flag: 'documents' },
  'file-changed': { means: 'The file of the data was changed or moved while it was open.', exit: 2 },
  'no-data': { means: 'No data are open.', exit: 2 },
  'no-general': { means: 'The general rows of the page are not on the server.', exit: 1 },
  'no-held-out-rows': { means: 'No row of the held-out data can be used.', exit: 2, flag: 'eval-data' },
  'no-reader': { means: 'What reads this kind of file is not on the server.', exit: 1, retry: true },
  'no-rows': { means: 'No row of the data can be used.', exit: 2, flag: 'data' },
  'no-task-held-out': { means: 'No held-out row of a task can be asked.', exit: 2, flag: 'task-eval' },
  'no-task-rows': { means: 'No row of a task can be trained on.', exit: 2, flag: 'task' },
  'bad-replay': { means: 'Rows to replay cannot be used.', exit: 2, flag: 'replay' },
  'other-rows': { means: 'Rows of several tasks cannot be trained on together.', exit: 2, flag: 'task' },
  'no-sample': { means: 'A sample of the page is not on the server.', exit: 1, retry: true },
  'storage-full': { means: 'The browser has no room for what a large file unpacks to.', exit: 1 },
  'wrong-file': { means: 'The file is of a kind that has no rows.', exit: 2 },

  // Settings and adapters
  'shelf-full': { means: 'Adapters that are in memory leave no room for another.', exit: 2 },
  'adapter-mismatch': { means: 'An adapter does not fit the base or the settings.', exit: 2 },
  'bad-adapter-config': { means: 'adapter_config.json is not usable.', exit: 2 },
  'bad-merge': { means: 'Adapters cannot be merged in the way that was asked for.', exit: 2 },
  'bad-setting': { means: 'A setting has a value outside its range.', exit: 2 },
  'bad-zip': { means: 'A .zip cannot be unpacked.', exit: 2 },
  'no-peft-adapter': { means: 'The files are no PEFT adapter, or there is no adapter yet.', exit: 2 },
  'not-its-rows': {
    means: 'The open rows are not known to be those that an adapter was trained on.',
    exit: 2,
  },
  'no-target': { means: 'No layer is chosen to be adapted.', exit: 2, flag: 'targets' },
  unmergeable: { means: 'An adapter is of a kind that cannot go into a merge.', exit: 2 },
  'unknown-method': { means: 'No method of adapting has this name.', exit: 2 },
  'unknown-target': { means: 'No layer of the model has such a name.', exit: 2, flag: 'targets' },
  'unsupported-adapter': { means: 'The adapter is of a kind that is not read.', exit: 2 },

  // Runs
  'bad-checkpoint': { means: 'A checkpoint is damaged or of other settings.', exit: 2 },
  'device-lost': { means: 'The graphics card was lost twice at one place of a run.', exit: 1 },
  diverged: {
    means: 'Loss or gradient was not a number for several steps in a row, because training went too far.',
    exit: 1,
  },
  'not-a-number': {
    means:
      'Loss or gradient was not a number for several steps in a row, and training was not shown to be the cause.',
    exit: 1,
  },
  'does-not-fit': {
    means: 'A plan is above its memory limit, or a value beyond the range of half precision.',
    exit: 2,
  },
  'no-run': { means: 'No unfinished run is kept.', exit: 2 },
  'no-snapshot': { means: 'No adapter of that step is kept.', exit: 2 },
  'other-run': { means: 'A checkpoint is of a run with other data, settings or model.', exit: 2 },
  'run-finished': { means: 'A run has no step left.', exit: 2 },

  // Answers
  'no-prompt': { means: 'The prompt is empty.', exit: 2, flag: 'prompt' },
  'prompt-too-long': { means: 'The prompt has more tokens than the model can read.', exit: 2 },
  'too-few-shots': { means: 'The data have fewer examples than were asked for.', exit: 2, flag: 'shots' },
  'too-many-shots': { means: 'The prompt with its examples has too many tokens.', exit: 2, flag: 'shots' },
  'unknown-token': { means: 'A text holds a control token that the model does not have.', exit: 2 },

  // Exports
  'bad-dtype': { means: 'A format is not written in this precision.', exit: 2 },
  'unsupported-export': { means: 'A format cannot hold this model or this adapter.', exit: 2 },

  // The machine and the page
  busy: { means: 'A run uses the device.', exit: 1, retry: true },
  'engine-gone': { means: 'The engine that was asked gave its place to another.', exit: 1, retry: true },
  'data-worker': { means: 'The worker that reads data did not start.', exit: 1 },
  'no-adapter': { means: 'There is no WebGPU adapter.', exit: 3 },
  'no-check': { means: 'A file of the device check is not on the server.', exit: 1 },
  'no-wasm': { means: 'WebAssembly did not start.', exit: 1 },
  'no-webgpu': { means: 'The browser has no WebGPU, or its adapter is gone.', exit: 3 },
  'out-of-memory': { means: 'The graphics card ran out of memory.', exit: 1 },
  'page-file': { means: 'A file of the page did not arrive.', exit: 1, retry: true },
  'page-outdated': { means: 'The page runs in a version that its server has replaced.', exit: 1 },
  'still-written': { means: 'Something is still being written that was to be erased.', exit: 1, retry: true },
  stopped: { means: 'The person stopped it.', exit: 1 },
  'too-large-for-wasm': { means: 'The weights are larger than WebAssembly can hold.', exit: 2 },
  'wasm-failed': { means: 'A computation in WebAssembly broke off.', exit: 1 },
  'wasm-full': { means: 'A computation needs more memory than WebAssembly has.', exit: 1 },
  unexpected: { means: 'A fault of our own.', exit: 1 },
  'worker-failed': { means: 'A worker did not start.', exit: 1, retry: true },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

export function errorKind(code: ErrorCode): ErrorKind {
  return ERRORS[code];
}
