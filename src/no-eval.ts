import { config } from 'zod';

/**
 * First import of every bundle that checks with zod: zod probes whether it may compile code from text, which the page's
 * policy forbids and the browser reports.
 */
config({ jitless: true });
