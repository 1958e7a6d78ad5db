import '../no-eval.ts';
import './theme/styles.ts';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { start } from './actions/start.ts';
import { App } from './shell/app.tsx';
import { keepPageWhenOpen } from './state/keeping.ts';
import { schemeManager } from './theme/color-scheme.ts';
import { theme, variables } from './theme/theme.ts';

const root = document.querySelector('#root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      colorSchemeManager={schemeManager()}
      defaultColorScheme="auto"
    >
      <App />
    </MantineProvider>
  </StrictMode>,
);
start();
keepPageWhenOpen();
