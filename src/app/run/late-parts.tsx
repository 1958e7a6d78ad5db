import { late } from '../region/late.tsx';

/** Parts of the middle that are fetched when they are wanted: the first screen needs none of them. */
export const ExpectPlace = late(() => import('../expectations/expect-place.tsx'));
export const HeldOutTable = late(() => import('./held-out-table.tsx'));
export const MergePlace = late(() => import('../merging/merge-place.tsx'));
export const VirtualTokens = late(() => import('./virtual-tokens.tsx'));
