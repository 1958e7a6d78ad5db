/** An adapter of the shelf, and how much of it counts: 1 as trained. */
export interface AdapterUse {
  id: string;
  strength: number;
}
