import { continueFiles } from '../../run/continue/files.ts';
import { F32, type RunFormat } from '../format.ts';
import { quoted } from '../how-to-load.ts';

/** An unfinished run as a folder that `accelerate launch train.py` goes on with (run/continue). */
export const continued: RunFormat<'continue'> = {
  id: 'continue',
  from: 'run',
  label: 'Continue',
  button: 'Continue this run on a GPU server',
  about: 'A folder in which `accelerate launch train.py --data YOUR-FILE` continues from the last checkpoint',
  dtypes: [F32],
  file: null,
  zip: 'continue',
  base: 'own files',
  write: ({ source, config, checkpoint, mostHeldOut }) =>
    continueFiles(source, config, checkpoint, mostHeldOut),
  command: (_base, target) =>
    `${target === '.' ? '' : `cd ${quoted(target)} && `}accelerate launch train.py --data THEIR.jsonl`,
};
