import type { NamedFile } from '../../files/named-file.ts';
import { asksOnly } from '../../lab/distillation/prompts.ts';
import { pageError } from '../shared/page-error.ts';
import { type DistilView, type Role, useDistil } from '../state/distil.ts';
import type { ModelPick } from '../state/model-pick.ts';
import { getApp } from '../state/store.ts';
import { adapterAmong, adapterBytes, type Dropped, nameOf } from './adapter.ts';
import { askFiles } from './ask-files.ts';
import { modelOf } from './model-pick.ts';

/** What a person gives to a distillation: a teacher, a student, held-out rows, questions, how many. */

/** Bytes of a file's beginning that say whether it asks and does not answer. */
const BEGINNING = 64 * 1024;

/** Takes a file of questions that has no answers; one with answers is rows for the page. */
export async function takeQuestions(files: readonly Dropped[]): Promise<boolean> {
  const [only] = files;
  if (files.length !== 1 || !/\.(jsonl|ndjson|txt)$/i.test(only.path)) return false;
  if (!asksOnly(await only.file.slice(0, BEGINNING).text(), { plain: /\.txt$/i.test(only.path) }))
    return false;
  if (getApp().underWay) {
    useDistil.setState({
      error: {
        code: 'busy',
        title: 'Not while an experiment is under way.',
        text: 'Nothing was changed. Stop it, then give it other questions.',
      },
    });
    return true;
  }
  const name = only.path.split('/').at(-1)!;
  changeDistil({ prompts: new File([only.file], name) });
  return true;
}

export function changeDistil(change: Partial<DistilView>): void {
  if (!getApp().underWay) useDistil.setState({ error: null, ...change });
}

export function pickModel(role: Role, pick: ModelPick): void {
  changeDistil({ [role]: pick });
}

/** The adapter on the teacher. @returns its files where these are one */
export async function readAdapter(
  dropped: readonly Dropped[],
): Promise<{ name: string; files: NamedFile[] } | null> {
  const among = adapterAmong(dropped);
  if (among) return { name: nameOf(among), files: await adapterBytes(among) };
  useDistil.setState({
    error: {
      code: 'no-peft-adapter',
      text: 'There is no adapter_config.json among these files, so they are no adapter. Nothing was changed. Choose the folder of an adapter, or its zip.',
    },
  });
  return null;
}

/** Asks for files of a teacher or a student. @param accept ending of one file; null: a folder */
export function askModelFiles(accept: string | null, use: (files: Dropped[]) => Promise<void> | void): void {
  askFiles(accept, async (files) => {
    try {
      await use(files);
    } catch (error) {
      useDistil.setState({ error: pageError(error) });
    }
  });
}

/** Why a distillation of what is given cannot begin, as a sentence; null: it can. */
export function distilProblem({ teacher, student, prompts, wanted }: DistilView): string | null {
  const { settings, data } = getApp();
  const { objective, raw } = settings;
  if (!modelOf(teacher)) return 'Choose the teacher.';
  if (!modelOf(student)) return 'Choose the student.';
  if ((data?.used ?? 0) < 2) return 'Open rows of the task: a dozen or more.';
  if (objective !== null && objective !== 'distil' && objective !== 'sft')
    return `A student is trained with the objective distil or sft, and the settings say ${objective}. Choose one of them, or what the rows call for.`;
  if (raw && !prompts)
    return 'Without the chat template nothing marks where a question ends, so the teacher can write none. Choose a file of questions.';
  if (wanted.trim() !== '' && !(Number.isInteger(Number(wanted)) && Number(wanted) >= 1))
    return 'How many rows: a whole number from 1 on, or nothing.';
  return null;
}
