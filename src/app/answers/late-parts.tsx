import { late } from '../region/late.tsx';

/** Fetched once both models may be asked. */
export const NextTokens = late(() => import('./next-tokens.tsx'));
