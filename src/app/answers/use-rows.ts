import { useEffect, useRef, useState } from 'react';
import type { DataReport, RowPreview } from '../../data/types.ts';
import { worker } from '../state/connection.ts';

/** Rows asked for at once, and pages kept: a table of any length holds a bounded number of rows. */
const PAGE = 40;
const PAGES = 40;
/** Pages that are still worth reading at least: those in sight and the chosen row's. */
const WANTED_BESIDE = 4;

export interface Rows {
  /** The row, or undefined until it is read. */
  at(index: number): RowPreview | undefined;
  /** Reads what is missing of these rows. */
  need(rows: readonly number[]): void;
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
    need(rows) {
      const now = [...new Set(rows.filter((row) => row < data.used).map((row) => Math.floor(row / PAGE)))];
      if (now.length === 0) return;
      wanted.current = [...now, ...wanted.current.filter((page) => !now.includes(page))].slice(
        0,
        Math.max(WANTED_BESIDE, now.length + 1),
      );
      void readOn();
    },
    failed,
  };
}
