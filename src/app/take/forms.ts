import { isGguf, loadCommand, mergedPythonLines, pythonLines, quoted } from '../../export/how-to-load.ts';
import type { ExportDtype, ExportFormat, ModelInfo } from '../../worker/api/api.ts';

/** A form that an adapter can be taken away in. */
export interface Form {
  format: ExportFormat;
  /** Short, for the choice. */
  label: string;
  button: string;
  about: string;
  /** The first is what is chosen where nothing was. */
  dtypes: readonly { value: ExportDtype; label: string; bytes: number }[];
  /** Whether a model card goes with it. */
  card: boolean;
}

const ADAPTER: Form['dtypes'] = [{ value: 'f32', label: 'f32', bytes: 4 }];

export const FORMS: readonly Form[] = [
  {
    format: 'peft',
    label: 'PEFT',
    button: 'Download adapter',
    about: 'For Python: transformers, PEFT, vLLM, TGI. Can be trained further there, or here.',
    dtypes: ADAPTER,
    card: true,
  },
  {
    format: 'gguf',
    label: 'GGUF',
    button: 'Download GGUF adapter',
    about: 'For llama.cpp and Ollama, with the base model as a GGUF file. A Modelfile is included.',
    dtypes: ADAPTER,
    card: true,
  },
  {
    format: 'mlx',
    label: 'MLX',
    button: 'Download MLX adapter',
    about: 'For mlx-lm on a Mac.',
    dtypes: ADAPTER,
    card: true,
  },
  {
    format: 'merged',
    label: 'Merged',
    button: 'Download merged model',
    about: 'The whole model with the adapter merged in, as safetensors: for tools that do not load adapters.',
    dtypes: [
      { value: 'f16', label: 'f16, half precision', bytes: 2 },
      { value: 'f32', label: 'f32, full precision', bytes: 4 },
    ],
    card: true,
  },
  {
    format: 'merged-gguf',
    label: 'Merged GGUF',
    button: 'Download merged GGUF',
    about: 'The whole model in one file, for llama.cpp, Ollama and LM Studio.',
    dtypes: [
      { value: 'f16', label: 'F16', bytes: 2 },
      { value: 'q8', label: 'Q8_0, half the size', bytes: 34 / 32 },
      { value: 'f32', label: 'F32', bytes: 4 },
    ],
    card: false,
  },
];

/** Bytes of the download, about; null where it is not known what is in the adapter. */
export function bytesOf(
  form: Form,
  dtype: ExportDtype | null,
  model: Pick<ModelInfo, 'parameters'>,
  trained: number | null,
): number | null {
  const each = (form.dtypes.find(({ value }) => value === dtype) ?? form.dtypes[0]).bytes;
  if (form.format.startsWith('merged')) return each * model.parameters;
  return trained === null ? null : each * trained;
}

/** The lines that load it, in the unpacked folder (or where the file lies). */
export function linesFor(
  format: ExportFormat,
  base: { id: string; chat: boolean },
  target: string,
): { language: 'Python' | 'shell'; lines: string[] } {
  const named = { baseId: base.id, baseRevision: null, chat: base.chat };
  const shell = (...lines: string[]) => ({ language: 'shell' as const, lines });
  switch (format) {
    case 'peft':
      return { language: 'Python', lines: pythonLines(named) };
    case 'merged':
      return { language: 'Python', lines: mergedPythonLines(base.chat) };
    case 'gguf':
      return shell(
        ...(base.id.startsWith('./') || isGguf(base.id)
          ? []
          : [
              '# base.gguf: the base model as GGUF, made by llama.cpp from its folder:',
              `python convert_hf_to_gguf.py ${quoted(base.id)} --outfile base.gguf`,
            ]),
        loadCommand('gguf', named, target),
        '# or with Ollama:',
        'ollama create my-model -f Modelfile',
        'ollama run my-model',
      );
    case 'mlx':
    case 'merged-gguf':
      return shell(loadCommand(format, named, target));
  }
}
