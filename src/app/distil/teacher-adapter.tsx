import { askModelFiles, changeDistil, readAdapter } from '../actions/distil-inputs.ts';
import { settingsLocked } from '../actions/settings.ts';
import { shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { useDistil } from '../state/distil.ts';
import { useApp } from '../state/store.ts';
import css from './distil.module.css';
import { OwnAdapter } from './model-field.tsx';

/** The adapter on the teacher: the one that answers on the page, or files. */
export function TeacherAdapter() {
  const teacher = useDistil((distil) => distil.teacher);
  return teacher.kind === 'open' ? <OwnAdapter /> : <AdapterFiles />;
}

function AdapterFiles() {
  const adapter = useDistil((distil) => distil.adapter);
  const locked = useApp(settingsLocked);
  const choose = (accept: string | null) =>
    askModelFiles(accept, async (files) => {
      const read = await readAdapter(files);
      if (read) changeDistil({ adapter: read });
    });
  return (
    <div className={css.input}>
      <span className={shared.label}>Its adapter</span>
      <span>{adapter ? shortName(adapter.name, 28) : 'none'}</span>
      <span className={css.files}>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label="Choose the folder of the teacher’s adapter"
          onClick={() => choose(null)}
        >
          Choose a folder
        </button>
        <button
          type="button"
          className={shared.accentLink}
          disabled={locked}
          aria-label="Choose the zip of the teacher’s adapter"
          onClick={() => choose('.zip')}
        >
          Choose a zip
        </button>
        {adapter && (
          <button
            type="button"
            className={shared.link}
            disabled={locked}
            aria-label="Remove the teacher’s adapter"
            onClick={() => changeDistil({ adapter: null })}
          >
            Remove
          </button>
        )}
      </span>
    </div>
  );
}
