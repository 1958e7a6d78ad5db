import { Fragment } from 'react';
import { settingsLocked } from '../actions/estimate.ts';
import { openModel } from '../actions/open.ts';
import { bytes, count, licenceName, parameters } from '../shared/format.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { useApp } from '../state/store.ts';
import { Card } from './card.tsx';
import { chooseFolder } from './choose-folder.ts';
import css from './setup.module.css';
import { WorkLine } from './work-line.tsx';

export function ModelCard() {
  const model = useApp((state) => state.model);
  const work = useApp((state) => state.modelWork);
  const error = useApp((state) => state.modelError);
  const locked = useApp(settingsLocked);
  const sub = model
    ? [
        model.precision,
        bytes(model.bytes),
        model.kind === 'bundled' ? 'in this page' : `${model.layers} layers`,
        model.licence && licenceName(model.licence),
      ]
        .filter((part) => part !== null && part !== '')
        .map((part, i, all) => (
          <Fragment key={part}>
            <span className={css.whole}>
              {part}
              {i < all.length - 1 && ' ·'}
            </span>{' '}
          </Fragment>
        ))
    : work
      ? 'opening…'
      : 'none is open';
  return (
    <Card
      name="model"
      label="Model"
      title={model?.name ?? (work ? 'Opening' : 'No model')}
      sub={sub}
      below={
        <>
          {work && <WorkLine work={work} />}
          {error && (
            <div style={{ padding: '0 12px 12px' }}>
              <Trouble
                error={error}
                next={{
                  label: 'Open the bundled model',
                  run: () => void openModel({ kind: 'bundled' }),
                }}
              />
            </div>
          )}
        </>
      }
    >
      {model && (
        <dl className={css.facts}>
          <dt>Parameters</dt>
          <dd>{parameters(model.parameters)}</dd>
          <dt>Blocks</dt>
          <dd>
            {model.layers} × {count(model.hidden)} wide
          </dd>
          <dt>Vocabulary</dt>
          <dd>{count(model.vocab)} tokens</dd>
          <dt>Context</dt>
          <dd>{count(model.contextLength)} tokens</dd>
          <dt>Chat template</dt>
          <dd>{model.hasTemplate ? 'yes' : 'none'}</dd>
        </dl>
      )}
      <div className={css.choices}>
        <button
          type="button"
          className={css.choice}
          aria-pressed={model?.kind === 'bundled'}
          disabled={locked}
          onClick={() => void openModel({ kind: 'bundled' })}
        >
          The bundled model
          <small>Small, made for this page; works with no network.</small>
        </button>
        <button
          type="button"
          className={css.choice}
          aria-pressed={model?.kind === 'folder'}
          disabled={locked}
          onClick={() => void chooseFolder()}
        >
          A model’s folder
          <small>config.json, tokenizer.json and safetensors, as Hugging Face keeps them. Or drop it.</small>
        </button>
      </div>
      {model && model.kind !== 'bundled' && <p className={shared.faint}>Architecture {model.architecture}</p>}
    </Card>
  );
}
