import type { DecoderConfig } from '../config.ts';
import { expectedTensors } from './names.ts';
import { unknownFields } from './shared/field-table.ts';

/** The first five of them, and how many more. */
export const listed = (names: readonly string[]): string =>
  names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '');

/**
 * What a person should know of a model that is opened all the same: fields and tensors that are ignored, as
 * transformers ignores them, and a head that is not tied though its config says so.
 * @param raw its config.json
 * @param tensors those of the file
 */
export function modelNotes(
  config: DecoderConfig,
  raw: Readonly<Record<string, unknown>>,
  tensors: ReadonlyMap<string, unknown>,
): string[] {
  const { family } = config;
  const notes: string[] = [];
  const fields = unknownFields(raw, family.fields);
  if (fields.length > 0)
    notes.push(
      `config.json has fields that models of the type ${family.modelType} do not have. They were ignored, as transformers does: ${listed(fields)}.`,
    );
  if (!config.tiedHead && family.traits(raw).tiedHead)
    notes.push(
      `config.json ties the output head to the embedding, but the weights have a head of their own (${family.tensors.head}). The head was used, as transformers does.`,
    );
  const expected = new Set(expectedTensors(config).map(({ name }) => name));
  const unused = [...tensors.keys()].filter((name) => !expected.has(name));
  if (unused.length > 0)
    notes.push(
      `The weights have ${unused.length === 1 ? 'a tensor' : `${unused.length} tensors`} that this model has no place for, ignored as transformers does: ${listed(unused)}.`,
    );
  return notes;
}
