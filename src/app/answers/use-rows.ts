import { useEffect, useRef, useState } from 'react';
import type { DataReport, RowPreview } from '../../data/types.ts';
import { worker } from '../state/connection.ts';

/** Rows asked for at once, and pages kept: a table of any length holds a bounded number of rows. */
const PAGE = 40;
const PAGES = 12;

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

  useEffect(() => {
    if (shown.current === data) return;
    shown.current = data;
    asked.current.clear();
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

  return {
    at: (index) => pages.get(Math.floor(index / PAGE))?.[index % PAGE],
    need(begin, end) {
      if (data.used === 0) return;
      const last = Math.floor(Math.min(end, data.used - 1) / PAGE);
      for (let page = Math.floor(begin / PAGE); page <= last; page++)
        if (!asked.current.has(page)) void read(page);
    },
    failed,
  };
}
