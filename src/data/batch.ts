/** Rows padded at the end to one length. Row-major [rows, length]. */
export interface Batch {
  rows: number;
  length: number;
  ids: Int32Array;
  /** labels[i] = the token at i where predicting it (from i − 1) is trained, else −100. */
  labels: Int32Array;
  /** Real tokens of each row; what follows them is padding. */
  lengths: Int32Array;
  /** With packing: position of each token within its document, and the document's number (−1: padding). */
  positions?: Int32Array;
  documents?: Int32Array;
}
