import type { MantineColorSchemeManager } from '@mantine/core';

const KEY = 'lowrank-theme';

/** The person's theme, kept under one key that `index.html` reads before the first paint; `auto` follows the system. */
export function schemeManager(): MantineColorSchemeManager {
  const read = () => {
    try {
      const kept = localStorage.getItem(KEY);
      return kept === 'light' || kept === 'dark' ? kept : 'auto';
    } catch {
      return 'auto';
    }
  };
  return {
    get: () => read(),
    set: (value) => {
      try {
        if (value === 'auto') localStorage.removeItem(KEY);
        else localStorage.setItem(KEY, value);
      } catch {
        // Storage is forbidden here: the choice lasts as long as the page.
      }
    },
    subscribe: () => {},
    unsubscribe: () => {},
    clear: () => {
      try {
        localStorage.removeItem(KEY);
      } catch {
        // As above.
      }
    },
  };
}
