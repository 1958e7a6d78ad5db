/** The small pictures that explanations and ideas have; each is drawn in `pictures.tsx`. */
export const PICTURE_NAMES = [
  'adapter',
  'batch',
  'best',
  'chance',
  'enough',
  'epoch',
  'file',
  'frozen',
  'gradient',
  'heldOut',
  'layer',
  'learningRate',
  'loss',
  'map',
  'margin',
  'odds',
  'packing',
  'precision',
  'rank',
  'schedule',
  'strength',
  'token',
  'virtualTokens',
  'warmup',
] as const;

export type PictureName = (typeof PICTURE_NAMES)[number];
