/** A small file in memory, named by its path in the folder or zip that it belongs to. */
export interface NamedFile {
  path: string;
  bytes: Uint8Array;
}

/** A file of any size: the data of a Blob lies outside the JavaScript heap. */
export interface NamedBlob {
  path: string;
  blob: Blob;
}
