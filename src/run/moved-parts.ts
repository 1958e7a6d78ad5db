import type { Engine } from '../engine/engine.ts';
import type { MovedPart } from '../methods/method.ts';
import type { AdapterWeights } from '../methods/types.ts';

/**
 * How far each part of what is trained has moved: ‖ΔW‖ / ‖W‖ of each module, or what a method that changes no weight
 * tells instead; null where neither is known.
 *
 * @param moved what such a method tells of an adapter
 */
export async function movedParts(
  engine: Engine,
  moved?: (weights: AdapterWeights) => MovedPart[] | null,
): Promise<MovedPart[] | null> {
  const values = await engine.movement();
  if (values) return engine.modules.map(({ layer, target }, i) => ({ layer, target, value: values[i] }));
  return moved?.(await engine.getAdapter()) ?? null;
}
