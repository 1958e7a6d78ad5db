import { useEffect } from 'react';
import { openPaste } from '../actions/data.ts';
import { HUB_FIELD, showHubField } from '../actions/hub-field.ts';
import { openFiles } from '../actions/open-files.ts';
import { settingsLocked } from '../actions/settings.ts';
import { parseHubName } from '../shared/hub-name.ts';
import { setApp } from '../state/store.ts';

/** The whole page takes what is pasted outside a field: files, rows, the name or address of a model on the hub. */
export function PasteAnywhere() {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const target = event.target as HTMLElement | null;
      if (target?.closest?.('input, textarea, [contenteditable]') || !event.clipboardData) return;
      if (settingsLocked()) return;
      const files = [...event.clipboardData.files];
      if (files.length > 0) {
        event.preventDefault();
        void openFiles(files.map((file) => ({ path: file.name, file })));
        return;
      }
      const text = event.clipboardData.getData('text/plain').trim();
      if (openPaste(text)) {
        event.preventDefault();
        return;
      }
      if (parseHubName(text)) {
        event.preventDefault();
        // Shown, not fetched: a paste by mistake must not begin a download.
        setApp(({ hub }) => ({ hub: { ...hub, text, revision: '' } }));
        showHubField(HUB_FIELD);
      }
    };
    window.addEventListener('paste', paste);
    return () => window.removeEventListener('paste', paste);
  }, []);
  return null;
}
