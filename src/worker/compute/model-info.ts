import { refusedExports } from '../../export/export.ts';
import { wordsOf } from '../../export/format.ts';
import { FORMATS, type FormatId } from '../../export/formats/list.ts';
import { METHODS } from '../../methods/list.ts';
import type { DecoderConfig } from '../../model/config.ts';
import { expectedTensors, targetSuffixes } from '../../model/families/names.ts';
import { modelNotes } from '../../model/families/notes.ts';
import type { ModelSource } from '../../weights/source.ts';
import type { ModelChoice, ModelInfo } from '../api/api.ts';

/** What the page says of a model. */
export function modelInfo(
  kind: ModelChoice['kind'],
  source: ModelSource,
  config: DecoderConfig,
  { hasTemplate, template }: Pick<ModelInfo, 'hasTemplate' | 'template'>,
): ModelInfo {
  const expected = expectedTensors(config);
  const parameters = expected.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  const stored = [...source.tensors.values()];
  const bytes = stored.reduce((sum, tensor) => sum + tensor.bytes, 0);
  const refused = refusedExports({ source, config });
  const byMethod = METHODS.map(({ id }) => [id, refusedExports({ source, config }, { method: id })] as const);
  return {
    id: source.id,
    name: source.name,
    kind,
    architecture: config.family.architecture,
    layers: config.layers,
    hidden: config.hidden,
    vocab: config.vocab,
    parameters,
    contextLength: config.maxPositions,
    bytes,
    precision: mostlyStored(source).toLowerCase(),
    licence: source.licence,
    hasTemplate,
    template,
    targets: targetSuffixes(config.family),
    defaultTargets: [...config.family.defaultTargets],
    ia3Targets: [...config.family.ia3Targets],
    exports: FORMATS.map((format) =>
      wordsOf<FormatId>(
        format,
        refused[format.id] ?? null,
        Object.fromEntries(byMethod.flatMap(([id, why]) => (why[format.id] ? [[id, why[format.id]]] : []))),
      ),
    ),
    notes: [...(source.notes ?? []), ...modelNotes(config, source.config, source.tensors)],
  };
}

/** A model with its revision, as runs are told apart by. */
export function modelName(info: ModelInfo, source: ModelSource): string {
  return [info.id, source.revision].filter(Boolean).join('@');
}

/** The type that most values are stored in. */
function mostlyStored(source: ModelSource): string {
  const values = new Map<string, number>();
  for (const { stored, shape } of source.tensors.values()) {
    const count = shape.reduce((a, b) => a * b, 1);
    values.set(stored, (values.get(stored) ?? 0) + count);
  }
  return [...values].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}
