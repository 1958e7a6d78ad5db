import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { tokenizersDiffer } from '../../data/text/same-tokenizer.ts';
import { UserError } from '../../errors.ts';
import type { NamedFile } from '../../files/named-file.ts';
import { joinValues } from '../../methods/parameters.ts';
import { readPeft } from '../../methods/peft.ts';
import type { AdapterWeights } from '../../methods/types.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { parseConfig } from '../../model/families/parse.ts';
import { adapterSettings } from '../../run/adapter-settings.ts';
import type { RunEvent } from '../../run/events.ts';
import { defaultSettings } from '../../run/settings/list.ts';
import { fingerprint } from '../../weights/fingerprint.ts';
import { openModel } from '../../weights/open.ts';
import { float32Bytes } from '../../weights/safetensors.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { ModelChoice, TeacherInfo } from '../api/api.ts';
import type { EngineNeed } from './engine-need.ts';

/** A second model that a run learns from, with an adapter on it where it has one. Nothing of it is on the device yet. */
export interface OtherTeacher {
  source: ModelSource;
  config: DecoderConfig;
  adapter: AdapterWeights | null;
}

/** @throws UserError as the opening of any model, `other-tokenizer` */
export async function openTeacher(
  choice: ModelChoice,
  adapterFiles: readonly NamedFile[],
  { student, bundledUrl }: { student: ModelSource; bundledUrl: string },
  listener: (event: RunEvent) => void,
): Promise<OtherTeacher> {
  const source = await openModel(
    choice.kind === 'bundled' ? { kind: 'bundled', baseUrl: bundledUrl } : choice,
    (file, done, total) => listener({ type: 'progress', what: `Fetching ${file}`, done, total }),
  );
  try {
    const config = parseConfig(source.config, source.tensors, source.generationConfig);
    await refuseOtherTokenizer(student, source);
    const adapter = adapterFiles.length > 0 ? await readPeft([...adapterFiles], config) : null;
    return { source, config, adapter };
  } catch (error) {
    source.close();
    throw error;
  }
}

/** @throws UserError `other-tokenizer` where a teacher's probabilities are of other tokens than a student's */
export async function refuseOtherTokenizer(student: ModelSource, teacher: ModelSource): Promise<void> {
  const different = await tokenizersDiffer(student.tokenizer, teacher.tokenizer);
  if (different === null) return;
  throw new UserError(
    'other-tokenizer',
    `The teacher ${teacher.name} has another tokenizer than ${student.name}: ${different}. Its probabilities are of other tokens, and nothing was changed. Choose a teacher of the same family, or let the teacher answer your questions and train on its answers (--objective sft).`,
  );
}

export function teacherInfo({ source, adapter }: OtherTeacher): TeacherInfo {
  const bytes = [...source.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  return { name: source.name, bytes, adapter: adapter !== null };
}

/** Which teacher it is: a run that goes on must have the same. */
export async function teacherIdentity({ source, adapter }: OtherTeacher): Promise<Record<string, unknown>> {
  return {
    model: [source.id, source.revision].filter(Boolean).join('@'),
    fingerprint: await fingerprint(source),
    adapter: adapter && bytesToHex(sha256(float32Bytes(joinValues(adapter)))),
  };
}

/** What a teacher's engine is made for, beside what all readers are: its own adapter, or one that counts nothing. */
export function adapterNeed({ config, adapter }: OtherTeacher): Pick<EngineNeed, 'adapterSettings'> {
  return {
    adapterSettings: adapter?.settings ?? adapterSettings(defaultSettings({ rank: 1 }), config.family),
  };
}
