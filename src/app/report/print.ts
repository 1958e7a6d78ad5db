import './print.css';
import { useReport } from '../state/report.ts';
import { getApp } from '../state/store.ts';
import { openHtml } from './open-html.ts';
import { reportHtml } from './report-html.ts';
import { reportParts } from './report-parts.ts';

/**
 * On paper goes the report of the run, or before one what is open, and nothing of the page itself. It is made when the
 * browser is about to print, in a tree of its own: its style is that of the saved report.
 */

const HOST = 'printed';
let title = '';

export function watchPrinting(): void {
  window.addEventListener('beforeprint', put);
  window.addEventListener('afterprint', remove);
  matchMedia('print').addEventListener('change', ({ matches }) => (matches ? put() : remove()));
}

function put(): void {
  remove();
  const { run } = getApp();
  const html =
    run.series.step.length > 0
      ? reportHtml(reportParts(useReport.getState().withRows))
      : openHtml(getApp(), new Date().toISOString());
  const { head, body, title: name } = new DOMParser().parseFromString(html, 'text/html');
  const host = Object.assign(document.createElement('div'), { id: HOST });
  const style = head.querySelector('style');
  host.attachShadow({ mode: 'open' }).append(...(style ? [style] : []), body);
  document.body.append(host);
  document.documentElement.dataset.printed = '';
  // What a browser calls the file.
  title = document.title;
  document.title = name;
}

function remove(): void {
  const host = document.getElementById(HOST);
  if (!host) return;
  host.remove();
  delete document.documentElement.dataset.printed;
  document.title = title;
}
