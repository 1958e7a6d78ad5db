import { useMediaQuery } from '@mantine/hooks';

export type Layout = 'wide' | 'middle' | 'phone';

const WIDE = '(min-width: 1200px)';

/** Whether there is room for three columns now. */
export const isWide = () => globalThis.matchMedia?.(WIDE).matches ?? false;

/** Three columns from 1,200 px; from 760 the set-up is a drawer; below, one part at a time. */
export function useLayout(): Layout {
  const wide = useMediaQuery(WIDE, undefined, { getInitialValueInEffect: false });
  const phone = useMediaQuery('(max-width: 759px)', undefined, { getInitialValueInEffect: false });
  return wide ? 'wide' : phone ? 'phone' : 'middle';
}
