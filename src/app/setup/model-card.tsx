import { Fragment } from 'react';
import type { ModelInfo } from '../../worker/api/api.ts';
import { chooseFile, chooseFolder } from '../actions/choose-files.ts';
import { modelFix } from '../actions/fix.ts';
import { resumeDownload } from '../actions/models.ts';
import { openModel, pauseDownload } from '../actions/open.ts';
import { settingsLocked } from '../actions/settings.ts';
import { Term } from '../glossary/term.tsx';
import { bytes, count, licenceName, parameters } from '../shared/format.ts';
import { hubPage } from '../shared/hub-name.ts';
import shared from '../shared/shared.module.css';
import { Trouble } from '../shared/trouble.tsx';
import { setApp, useApp } from '../state/store.ts';
import { Card } from './card.tsx';
import { ChatTemplate, templateLabel } from './chat-template.tsx';
import { Downloads } from './downloads.tsx';
import { HubForm } from './hub-form.tsx';
import own from './model.module.css';
import { Precision } from './precision.tsx';
import { RecommendedList } from './recommended-list.tsx';
import css from './setup.module.css';
import { WorkLine } from './work-line.tsx';

export function ModelCard() {
  const model = useApp((state) => state.model);
  const work = useApp((state) => state.modelWork);
  const dtype = useApp((state) => state.settings.baseDtype);
  // What a GGUF file calls itself need not be what it is called.
  const file = useApp(({ modelChoice }) => (modelChoice.kind === 'gguf' ? modelChoice.file.name : ''));
  const sub = model
    ? [
        dtype === 'auto' || dtype === model.precision
          ? model.precision
          : `${model.precision}, loaded as ${dtype}`,
        bytes(model.bytes),
        file,
        model.kind === 'bundled' ? 'in this page' : `${model.layers} layers`,
        model.licence && licenceName(model.licence),
        model.template.chosen === null ? '' : `chat template: ${templateLabel(model.template.chosen)}`,
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
      : 'none open';
  return (
    <Card
      name="model"
      sheet
      label="Model"
      title={model?.name ?? (work ? 'Opening' : 'No model')}
      sub={sub}
      below={<Below />}
    >
      {model && <Facts model={model} />}
      {model && <ChatTemplate model={model} />}
      <Precision />
      <Choices />
      <RecommendedList />
      <HubForm />
      <Downloads />
    </Card>
  );
}

/** What is under way, went wrong or was ignored, open or closed. */
function Below() {
  const work = useApp((state) => state.modelWork);
  const choice = useApp((state) => state.modelChoice);
  const paused = useApp((state) => state.modelPaused);
  const error = useApp((state) => state.modelError);
  const notes = useApp((state) => state.model?.notes);
  return (
    <>
      {notes?.map((note) => (
        <p key={note} className={shared.mute} style={{ padding: '0 12px 12px' }}>
          {note}
        </p>
      ))}
      {work && <WorkLine work={work} inBytes={choice.kind === 'hub'} again={() => void openModel(choice)} />}
      {work && choice.kind === 'hub' && (
        <div className={css.below}>
          <button type="button" className={shared.accentLink} onClick={() => void pauseDownload()}>
            Pause the download
          </button>
        </div>
      )}
      {paused?.choice.kind === 'hub' && (
        <section aria-label="Paused download">
          <WorkLine
            work={{ ...paused.work, what: `${paused.choice.id} is paused`, speed: null, long: false }}
            inBytes
          />
          <div className={`${css.below} ${own.buttons}`}>
            <button type="button" className={shared.accentLink} onClick={() => void resumeDownload()}>
              Resume download
            </button>
            <button type="button" className={shared.link} onClick={() => setApp({ modelPaused: null })}>
              Dismiss
            </button>
          </div>
        </section>
      )}
      {error && (
        <div style={{ padding: '0 12px 12px' }}>
          <Trouble error={error} what="The model was not opened." next={modelFix(error)} />
        </div>
      )}
    </>
  );
}

function Facts({ model }: { model: ModelInfo }) {
  return (
    <dl className={css.facts}>
      <dt>
        <Term term="parameters">Parameters</Term>
      </dt>
      <dd>{parameters(model.parameters)}</dd>
      <dt>
        <Term term="architecture">Architecture</Term>
      </dt>
      <dd>{model.architecture.replace(/ForCausalLM$|LMHeadModel$/, '')}</dd>
      <dt>
        <Term term="layers">Layers</Term>
      </dt>
      <dd>
        {model.layers}, hidden size {count(model.hidden)}
      </dd>
      <dt>
        <Term term="vocabulary">Vocabulary</Term>
      </dt>
      <dd>{count(model.vocab)} tokens</dd>
      <dt>
        <Term term="contextLength">Context length</Term>
      </dt>
      <dd>{count(model.contextLength)} tokens</dd>
      <dt>
        <Term term="raw">Chat template</Term>
      </dt>
      <dd>
        {model.template.chosen
          ? templateLabel(model.template.chosen)
          : model.template.own
            ? 'its own'
            : 'none'}
      </dd>
      <dt>Licence</dt>
      <dd>
        {model.kind === 'hub' ? (
          <a className={shared.accentLink} href={hubPage(model.id)} target="_blank" rel="noreferrer">
            {model.licence ? licenceName(model.licence) : 'see its page'}
          </a>
        ) : (
          (model.licence && licenceName(model.licence)) || 'not stated'
        )}
      </dd>
    </dl>
  );
}

function Choices() {
  const kind = useApp((state) => state.model?.kind);
  const locked = useApp(settingsLocked);
  const choices = [
    {
      kind: 'bundled',
      name: 'The bundled model',
      about: 'Small, made for this page; works offline.',
      open: () => void openModel({ kind: 'bundled' }),
    },
    {
      kind: 'folder',
      name: 'A model folder',
      about: 'config.json, tokenizer.json and safetensors, as Hugging Face keeps them. Or drop it.',
      open: chooseFolder,
    },
    {
      kind: 'gguf',
      name: 'A GGUF file',
      about: 'As llama.cpp and Ollama use it, 4 to 32 bits. Or drop it.',
      open: () => chooseFile('.gguf'),
    },
    {
      kind: 'adapter',
      name: 'An adapter for it',
      about: 'A PEFT adapter as .zip, to try or to train further. Or drop its folder.',
      open: () => chooseFile('.zip'),
    },
  ];
  return (
    <div className={css.choices}>
      {choices.map((choice) => (
        <button
          key={choice.kind}
          type="button"
          className={css.choice}
          aria-pressed={kind === choice.kind}
          disabled={locked}
          onClick={choice.open}
        >
          {choice.name}
          <small>{choice.about}</small>
        </button>
      ))}
    </div>
  );
}
