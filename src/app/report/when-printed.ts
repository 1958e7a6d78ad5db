import { importPart } from '../shared/import-part.ts';

/** Once the page stands, in milliseconds. */
const LATER = 2500;

/** A browser that prints waits for nothing: what makes the printed page is fetched ahead. */
export function readyToPrint(): void {
  setTimeout(() => {
    // Without it the page is printed as it looks.
    importPart(() => import('./print.ts'))
      .then(({ watchPrinting }) => watchPrinting())
      .catch(() => {});
  }, LATER);
}
