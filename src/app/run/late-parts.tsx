import { late } from '../region/late.tsx';

/** Parts of a result that are fetched when there is one: the first screen needs none of them. */
export const HeldOutTable = late(() => import('./held-out-table.tsx'));
export const VirtualTokens = late(() => import('./virtual-tokens.tsx'));
