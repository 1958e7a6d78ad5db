import { concatenated, scaled } from '../product.ts';
import type { Merged, MergeSite } from '../way.ts';

/** Σ cᵢ·ΔWᵢ of a site: a product where every ΔW is one. @param coefficients by source */
export function weightedSum({ module, changes }: MergeSite, coefficients: readonly number[]): Merged {
  const products = changes.flatMap(({ product, index }) =>
    product ? [scaled(product, coefficients[index])] : [],
  );
  if (products.length === changes.length) return { kind: 'product', product: concatenated(products, module) };
  const values = new Float64Array(module.in * module.out);
  for (const { index, whole } of changes) {
    const factor = coefficients[index];
    whole().forEach((value, i) => {
      values[i] += factor * value;
    });
  }
  return { kind: 'whole', values };
}
