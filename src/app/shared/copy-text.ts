/** @returns whether the text is on the clipboard: pages without https have none, and browsers may refuse it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** On the button that was to copy. */
export const NOT_COPIED = 'Not copied: this browser offers no clipboard. Select the text instead';
