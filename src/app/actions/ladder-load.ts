import { useLadder } from '../state/ladder.ts';
import { keptRecord } from './kept-record.ts';

/** Reads the ladder that an earlier visit kept; what was given to it stands in the fields again. */
export async function loadLadder(): Promise<void> {
  if (useLadder.getState().loaded) return;
  useLadder.setState({ loaded: true });
  const kept = await keptRecord('ladder');
  const { kept: mine, heldOut, documents, prompt, metric } = useLadder.getState();
  if (!kept || mine || heldOut || documents.length > 0 || prompt !== '' || metric !== '') return;
  const { given } = kept;
  useLadder.setState({
    ...{ kept, restored: true },
    ...{ heldOut: given.heldOut, documents: given.documents },
    ...{ prompt: given.prompt, metric: given.metric },
  });
}
