import type { PictureName } from './picture-names.ts';

/** A term of the field, for someone who meets it here first. */
export interface Entry {
  /** As the heading of its explanation. */
  title: string;
  /** A sentence or two. */
  text: string;
  picture?: PictureName;
}
