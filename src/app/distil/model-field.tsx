import { useId } from 'react';
import { askModelFiles, changeDistil, pickModel } from '../actions/distil-inputs.ts';
import { choiceOfFiles } from '../actions/model-pick.ts';
import { settingsLocked } from '../actions/settings.ts';
import { Ask } from '../glossary/term.tsx';
import { shortName } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { type Role, useDistil } from '../state/distil.ts';
import type { ModelPick } from '../state/model-pick.ts';
import { useApp } from '../state/store.ts';
import css from './distil.module.css';

const LABELS: Record<Role, string> = { teacher: 'Teacher', student: 'Student' };

/** Which model teaches, or learns. */
export function ModelField({ of: role }: { of: Role }) {
  const pick = useDistil((distil) => distil[role]);
  const locked = useApp(settingsLocked);
  const open = useApp((app) => app.model?.name ?? null);
  const id = useId();
  return (
    <div className={css.input}>
      <span className={shared.label}>
        <label htmlFor={id}>{LABELS[role]}</label> <Ask term={role} about={`the ${role}`} />
      </span>
      <span className={css.pick}>
        <select
          id={id}
          className={css.select}
          disabled={locked}
          value={pick.kind}
          onChange={(event) => pickModel(role, pickOf(event.currentTarget.value as ModelPick['kind']))}
        >
          <option value="open">{`The open model${open ? `, ${shortName(open, 28)}` : ''}`}</option>
          <option value="bundled">The bundled model</option>
          <option value="hub">A model on the hub</option>
          <option value="files">A folder or a GGUF file</option>
        </select>
        {pick.kind === 'hub' && (
          <input
            className={css.text}
            type="text"
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
            aria-label={`Name of the ${role} on the hub`}
            placeholder="owner/name on the hub"
            disabled={locked}
            value={pick.text}
            onChange={(event) => pickModel(role, { kind: 'hub', text: event.currentTarget.value })}
          />
        )}
        {pick.kind === 'files' && (
          <span className={css.ways}>
            <span>{pick.choice ? shortName(pick.name, 28) : 'none chosen'}</span>
            <FilesOf of={role} accept={null} label="Choose a folder" />
            <FilesOf of={role} accept=".gguf" label="Choose a GGUF file" />
          </span>
        )}
      </span>
    </div>
  );
}

function pickOf(kind: ModelPick['kind']): ModelPick {
  if (kind === 'hub') return { kind, text: '' };
  return kind === 'files' ? { kind, choice: null, name: '' } : { kind };
}

interface FilesOfProps {
  of: Role;
  /** Ending of one file; null: a folder. */
  accept: string | null;
  label: string;
}

function FilesOf({ of: role, accept, label }: FilesOfProps) {
  const locked = useApp(settingsLocked);
  return (
    <button
      type="button"
      className={shared.accentLink}
      disabled={locked}
      aria-label={`${label}: ${role}`}
      onClick={() =>
        askModelFiles(accept, (files) => pickModel(role, { kind: 'files', ...choiceOfFiles(files) }))
      }
    >
      {label}
    </button>
  );
}

/** The adapter on the teacher where that is the open model: the one that answers on the page, or none. */
export function OwnAdapter() {
  const withTuned = useDistil((distil) => distil.withTuned);
  const locked = useApp(settingsLocked);
  const tuned = useApp((app) => app.tuned);
  const name = useApp((app) => (app.tuned === app.adapter?.info.id ? app.adapter?.name : app.runName));
  return (
    <div className={css.input}>
      <span className={shared.label}>Its adapter</span>
      {tuned === null ? (
        <span>none: train one or open one, and it can answer</span>
      ) : (
        <label className={shared.tick}>
          <input
            type="checkbox"
            checked={withTuned}
            disabled={locked}
            onChange={(event) => changeDistil({ withTuned: event.currentTarget.checked })}
          />
          “{name}”, which answers on this page
        </label>
      )}
    </div>
  );
}
