import { create } from 'zustand';

/** What goes into a report, saved or printed. */
export const useReport = create<{ withRows: boolean }>(() => ({ withRows: false }));
