import { type IDBPDatabase, openDB } from 'idb';

/** A database of the page, opened for each piece of work: no open connection stands in the way of erasing it. */
export function databaseOf(name: string, create: (database: IDBPDatabase) => void) {
  return {
    async use<T>(work: (database: IDBPDatabase) => Promise<T>): Promise<T> {
      const database = await openDB(name, 1, { upgrade: create });
      try {
        return await work(database);
      } finally {
        database.close();
      }
    },

    /** Asking must not make a database where there is none. */
    async exists(): Promise<boolean> {
      const databases = (await globalThis.indexedDB?.databases?.().catch(() => null)) ?? null;
      return databases === null || databases.some((one) => one.name === name);
    },
  };
}
