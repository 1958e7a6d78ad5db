import type { DecoderConfig } from '../model/config.ts';
import { decodeToFloats } from '../weights/convert.ts';
import { bytesReader } from '../weights/range-reader.ts';
import { readSafetensorsHeader } from '../weights/safetensors.ts';
import { adapterMismatch, otherType } from './mlx.ts';

/** `adapter_model.safetensors` of methods whose tensors are known by name before it is opened. */
export interface PeftFile {
  /** @throws UserError `adapter-mismatch` naming a tensor that is none of these */
  refuseOthers(names: readonly string[], config: DecoderConfig): void;
  has(name: string): boolean;
  /** As float32, whatever type it was saved in. @throws UserError `adapter-mismatch`, `unsupported-adapter`, `not-finite` */
  read(name: string, shape: readonly [number, number]): Float32Array;
}

/** @throws UserError `safetensors-…` */
export async function peftFile(bytes: Uint8Array): Promise<PeftFile> {
  const { tensors } = await readSafetensorsHeader(bytesReader('adapter_model.safetensors', bytes));
  return {
    refuseOthers(names, { family, layers }) {
      const other = [...tensors.keys()].find((name) => !names.includes(name));
      if (other !== undefined)
        throw adapterMismatch(
          `its tensor ${other} has no place in this base (${family.architecture}, ${layers} layers)`,
        );
    },
    has: (name) => tensors.has(name),
    read(name, shape) {
      const entry = tensors.get(name);
      if (!entry) throw adapterMismatch(`its tensor ${name} is missing`);
      if (entry.shape.join() !== shape.join())
        throw adapterMismatch(
          `its tensor ${name} has the shape [${entry.shape.join(', ')}] and this base needs [${shape.join(', ')}]`,
        );
      if (entry.dtype !== 'F32' && entry.dtype !== 'F16' && entry.dtype !== 'BF16')
        throw otherType(name, entry.dtype);
      return decodeToFloats(bytes.slice(entry.begin, entry.end), entry.dtype, name);
    },
  };
}
