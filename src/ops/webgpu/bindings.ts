import type { Constant } from '../../gpu/wgsl.ts';
import type { View } from '../memory.ts';
import type { Matrix } from '../types.ts';

/**
 * Collects the storage bindings of a dispatch. Optional ones (bias, residual, adapter) are left out where unused, so
 * the binding numbers are constants of the shader: binding `x` gets its number as `AT_X`.
 */
export class Bindings {
  readonly views: View[] = [];
  readonly access: ('read' | 'write')[] = [];
  readonly constants: Record<string, Constant> = {};

  read(name: string, view: View): this {
    return this.#add(name, view, 'read');
  }

  write(name: string, view: View): this {
    return this.#add(name, view, 'write');
  }

  #add(name: string, view: View, access: 'read' | 'write'): this {
    this.views.push(view);
    this.access.push(access);
    this.constants[`AT_${name}`] = this.views.length;
    return this;
  }
}

/**
 * Whether a result takes the place of an operand: one binding then stands for both.
 * @throws Error if they share a buffer otherwise, which WebGPU does not allow
 */
export function samePlace(one: Matrix, other: Matrix): boolean {
  if (one.view.buffer !== other.view.buffer) return false;
  if (one.view.offset !== other.view.offset || one.stride !== other.stride || one.column !== other.column)
    throw new Error('a matrix in the buffer of another must be that matrix itself');
  return true;
}
