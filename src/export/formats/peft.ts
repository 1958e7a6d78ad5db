import { writePeft } from '../../methods/peft.ts';
import { TEMPLATE_FILE } from '../chat-template.ts';
import { type AdapterFormat, asBlob, type BaseName, F32 } from '../format.ts';
import { answerLines, fromPretrained, pythonBlock, shellBlock } from '../how-to-load.ts';

/** PEFT's adapter folder, which every method has a form for (methods/peft.ts). */
export const peft: AdapterFormat<'peft'> = {
  id: 'peft',
  from: 'adapter',
  label: 'PEFT',
  button: 'Download adapter',
  about: 'For Python: transformers, PEFT, vLLM, TGI. Can be trained further there, or here.',
  dtypes: [F32],
  file: null,
  zip: 'adapter',
  merged: false,
  library: 'peft',
  runRecord: true,
  base: 'own files',
  check: () => null,
  write: ({ weights, config, source }) => ({ files: writePeft(weights, config, source).map(asBlob) }),
  command: (base, target) =>
    base.gguf
      ? `python -c 'from peft import PeftModel; from transformers import AutoModelForCausalLM; print(PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(${fromPretrained(base)}), "${target}"))'`
      : `python -c 'from peft import AutoPeftModelForCausalLM; print(AutoPeftModelForCausalLM.from_pretrained("${target}"))'`,
  use: (base) => [
    ...shellBlock(`pip install torch transformers peft${base.gguf ? ' gguf' : ''}`),
    '',
    base.gguf ? `In this folder, with \`${base.baseId}\` beside it:` : 'In this folder:',
    '',
    ...pythonBlock(pythonLines(base)),
  ],
  lines: (base) => ({ language: 'Python', lines: pythonLines(base) }),
};

/** Python that loads the adapter and answers a prompt, in its folder. */
function pythonLines(base: BaseName): string[] {
  return [
    'from peft import PeftModel',
    'from transformers import AutoModelForCausalLM, AutoTokenizer',
    '',
    `tokenizer = AutoTokenizer.from_pretrained(${fromPretrained(base)})`,
    ...(base.template === 'file'
      ? [`tokenizer.chat_template = open("${TEMPLATE_FILE}", encoding="utf-8").read()`]
      : []),
    `base = AutoModelForCausalLM.from_pretrained(${fromPretrained(base)}, dtype="float32")`,
    'model = PeftModel.from_pretrained(base, ".")',
    '',
    ...answerLines(base.chat),
  ];
}
