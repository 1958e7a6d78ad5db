import { useEffect, useRef, useState } from 'react';
import type { DataReport, RowPreview } from '../../data/types.ts';
import { worker } from '../state/connection.ts';

/** Rows asked for at once, and pages kept: a table of any length holds a bounded number of rows. */
const PAGE = 40;
const PAGES = 12;
/** Pages that are still worth reading: those in sight and the chosen row's. */
const WANTED = 4;

export interface Rows {
  /** The row, or undefined until it is read. */
  at(index: number): RowPreview | undefined;
  /** Reads what is missing between two rows. */
  need(begin: number, end: number): void;
  failed: boolean;
}

/** Rows of the open data, read from the worker a page at a time as they come into sight. */
export function useRows(data: DataReport): Rows {
  const [pages, setPages] = useState<ReadonlyMap<number, RowPreview[]>>(new Map());
  const [failed, setFailed] = useState(false);
  const asked = useRef(new Set<number>());
  const shown = useRef(data);
  const wanted = useRef<number[]>([]);
  const reading = useRef(false);

  useEffect(() => {
    if (shown.current === data) return;
    shown.current = data;
    asked.current.clear();
    wanted.current = [];
    setPages(new Map());
    setFailed(false);
  }, [data]);

  const read = async (page: number) => {
    asked.current.add(page);
    try {
      const api = await worker();
      const rows = await api.previewRows(page * PAGE, Math.min(data.used, (page + 1) * PAGE));
      if (shown.current !== data) return;
      setPages((before) => {
        const next = new Map(before);
        next.set(page, rows);
        for (const old of next.keys()) {
          if (next.size <= PAGES) break;
          next.delete(old);
          asked.current.delete(old);
        }
        return next;
      });
    } catch {
      if (shown.current === data) setFailed(true);
      asked.current.delete(page);
    }
  };

  /** One page at a time, and only what is wanted by then: who scrolls past does not wait for what lay between. */
  const readOn = async () => {
    if (reading.current) return;
    reading.current = true;
    try {
      for (;;) {
        const page = wanted.current.find((other) => !asked.current.has(other));
        if (page === undefined) return;
        await read(page);
        // A page that failed is not asked for again until it is wanted once more.
        wanted.current = wanted.current.filter((other) => other !== page);
      }
    } finally {
      reading.current = false;
    }
  };

  return {
    at: (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE],
    need(begin, end) {
      if (data.used === 0) return;
      const last = Math.floor(Math.min(end, data.used - 1) / PAGE);
      const first = Math.floor(begin / PAGE);
      const now = Array.from({ length: last - first + 1 }, (_, i) => first + i);
      wanted.current = [...now, ...wanted.current.filter((page) => page < first || page > last)].slice(
        0,
        WANTED,
      );
      void readOn();
    },
    failed,
  };
}
