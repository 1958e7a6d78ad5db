import './theme/styles.ts';
import { MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { start } from './actions/start.ts';
import { Region } from './region/region.tsx';
import { readyToPrint } from './report/when-printed.ts';
import { repairLanguage } from './shared/language.ts';
import { App, Remains } from './shell/app.tsx';
import { tellWhenAway } from './state/away.ts';
import { keepPageWhenOpen } from './state/keeping.ts';
import { keepWritten } from './state/written.ts';
import { schemeManager } from './theme/color-scheme.ts';
import { theme, variables } from './theme/theme.ts';

repairLanguage(navigator);
const root = document.querySelector('#root');
if (!root) throw new Error('index.html has no #root');
createRoot(root).render(
  <StrictMode>
    <Region name="The page">
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        colorSchemeManager={schemeManager()}
        defaultColorScheme="auto"
      >
        <Region name="The page" instead={<Remains />}>
          <App />
        </Region>
      </MantineProvider>
    </Region>
  </StrictMode>,
);
start();
keepWritten();
keepPageWhenOpen();
tellWhenAway();
readyToPrint();
