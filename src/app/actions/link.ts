import type { RunSettings } from '../../run/settings/list.ts';
import { SETTINGS } from '../../run/settings/list.ts';
import { copyText } from '../shared/copy-text.ts';
import { linkHash, readLink } from '../state/link.ts';
import { PAGE_DEFAULTS, presetOf } from '../state/presets.ts';
import { getApp, setApp } from '../state/store.ts';
import { chooseTemplate } from './open.ts';
import { changeSettings, hashNow, settingsLocked, templateName } from './settings.ts';

/** The set-up as an address to pass on: settings, their preset, and the steps that they come to here. */
export async function copyLink(): Promise<void> {
  const { settings, model, estimate } = getApp();
  const steps = estimate?.steps ?? null;
  const hash = linkHash(hashNow(), presetOf(settings, { model, steps })?.id ?? null, steps);
  const link = `${location.origin}${location.pathname}${location.search}${hash}`;
  const copied = await copyText(link);
  const said = copied ? 'Link copied.' : `Not copied: this browser offers no clipboard. The link is ${link}`;
  setApp({ recipeNote: [said, leftOut()].filter(Boolean).join(' ') });
}

/** What no address holds, of what is set here. */
function leftOut(): string {
  const { settings, modelChoice, dataChoice, dataTitle, model, adapter } = getApp();
  const text = SETTINGS.filter(({ key, type }) => type.kind === 'text' && settings[key as keyof RunSettings]);
  const { chatTemplate } = modelChoice;
  const parts = [
    modelChoice.kind !== 'bundled' && (model?.name ?? 'the model'),
    dataChoice !== null && dataChoice.kind !== 'sample' && dataTitle,
    adapter?.goOn === true && `the adapter that training continues from`,
    chatTemplate !== undefined && templateName(chatTemplate) === null && 'your chat template',
    ...text.map(({ label }) => `“${label}”`),
  ].filter((part) => part !== false);
  return parts.length === 0
    ? ''
    : `It holds settings only: ${new Intl.ListFormat('en-GB').format(parts)} ${parts.length === 1 ? 'is' : 'are'} not in it.`;
}

/** Remembers that the address is a link, and what was set before it. */
export function noteLink(before: RunSettings, chatTemplate: string | null): void {
  const { hash } = location;
  setApp({ fromLink: readLink(hash) ? { hash, before, chatTemplate } : null });
}

/** As it was before the link. */
export function putLinkBack(): void {
  const { fromLink, modelChoice } = getApp();
  if (!fromLink || settingsLocked()) return;
  setApp({ fromLink: null });
  changeSettings({ ...PAGE_DEFAULTS, ...fromLink.before });
  if ((modelChoice.chatTemplate ?? null) !== fromLink.chatTemplate)
    void chooseTemplate(fromLink.chatTemplate);
}
