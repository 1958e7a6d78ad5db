import { useEffect, useState } from 'react';
import { openFiles } from '../actions/open-files.ts';
import { importPart } from '../shared/import-part.ts';
import { pageError } from '../shared/page-error.ts';
import { getApp, setApp, useApp } from '../state/store.ts';
import css from './app.module.css';
import { droppedFiles } from './dropped.ts';

const theLab = () => importPart(() => import('../lab/experiments.ts'));

/** What the experiment that is shown does with files. */
const TAKES = {
  ladder: '; text, Markdown and HTML files are the ladder’s documents',
  distil: '; a file of questions without answers is for the teacher',
  tasks: '; files of rows are tasks',
  frontier: '; a model joins the list',
} as const;

/** The whole page takes files; while something hangs over it, it says so. */
export function DropAnywhere() {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      setOver(false);
      if (!event.dataTransfer || !hasFiles(event)) return;
      event.preventDefault();
      void droppedFiles(event.dataTransfer)
        .then(async (files) => {
          if (getApp().tab !== 'lab' || !(await (await theLab()).takeDropped(files))) await openFiles(files);
        })
        .catch((error) =>
          setApp({ dataError: { ...pageError(error), title: 'What was dropped could not be read.' } }),
        );
    };
    window.addEventListener('dragenter', drag);
    window.addEventListener('dragover', drag);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', drag);
      window.removeEventListener('dragover', drag);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  const takes = useApp(({ tab, lab }) => (tab === 'lab' ? TAKES[lab] : ''));
  if (!over) return null;
  return (
    <div className={css.drop}>
      <p>
        Drop here
        <small>
          A dataset, a model (folder or GGUF), or an adapter
          {takes}. It stays on this device.
        </small>
      </p>
    </div>
  );
}
