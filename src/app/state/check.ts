import { create } from 'zustand';
import type { DeviceCheck } from '../../worker/api/api.ts';
import type { PageError } from '../shared/page-error.ts';
import type { Work } from './store.ts';

export interface Check {
  open: boolean;
  work: Work | null;
  result: DeviceCheck | null;
  error: PageError | null;
}

export const useCheck = create<Check>(() => ({ open: false, work: null, result: null, error: null }));
