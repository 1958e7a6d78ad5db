/**
 * Browsers under the POSIX locale name their language "C", which no formatter of numbers or dates takes: uPlot's module
 * throws while it is read. Such a name gives way to English, the page's own language.
 */
export function repairLanguage(navigator: { language: string }): void {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en', configurable: true });
  }
}
