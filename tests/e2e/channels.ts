import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Ways out of a browser: code that tries them all, and servers elsewhere that hear whatever gets through. */

export interface Sink {
  /** Where the channels send to: an HTTP origin and, for WebRTC, a name look-up server on UDP and a relay on TCP. */
  to: { http: string; udp: string; tcp: string };
  /** Names of the channels that got through, in order and once each. */
  heard: string[];
  close(): Promise<void>;
}

/** Listens on the machine's own address where it has one: WebRTC leaves the loopback out. */
export async function openSink(): Promise<Sink> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const host =
    addresses.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
  const heard: string[] = [];
  const hear = (name: string) => {
    if (!heard.includes(name)) heard.push(name);
  };
  const http = createServer((request, response) => {
    // A page that was opened here asks for its icon as well.
    if (request.url !== '/favicon.ico')
      hear(/^\/([\w-]+)/.exec(request.url ?? '')?.[1] ?? `http ${request.url}`);
    response.writeHead(200, { 'Access-Control-Allow-Origin': '*', 'Content-Type': 'text/javascript' }).end();
  });
  http.on('upgrade', (request, socket) => {
    hear(request.url?.slice(1).replace(/\?.*/, '') ?? 'upgrade');
    socket.destroy();
  });
  const udp = createSocket('udp4', () => hear('webrtc'));
  const tcp = createTcpServer((socket) => {
    hear('webrtc');
    socket.on('error', () => {}).destroy();
  });
  await Promise.all([
    new Promise<void>((done) => http.listen(0, '0.0.0.0', done)),
    new Promise<void>((done) => tcp.listen(0, '0.0.0.0', done)),
    new Promise<void>((done) => udp.bind(0, '0.0.0.0', done)),
  ]);
  const port = (server: { address(): unknown }) => (server.address() as { port: number }).port;
  return {
    to: { http: `http://${host}:${port(http)}`, udp: `${host}:${port(udp)}`, tcp: `${host}:${port(tcp)}` },
    heard,
    async close() {
      http.closeAllConnections();
      await Promise.all([
        new Promise((done) => http.close(done)),
        new Promise((done) => tcp.close(done)),
        new Promise<void>((done) => udp.close(done)),
      ]);
    },
  };
}

export interface Errand {
  to: Sink['to'];
  canary: string;
}

/** Sends the canary out in every way that leaves the context standing. Runs in a page or in any worker. */
export async function sendEverywhere({ to, canary }: Errand): Promise<void> {
  const at = (name: string) => `${to.http}/${name}?${canary}`;
  const socket = (name: string) => at(name).replace('http', 'ws');
  const ways: Record<string, () => unknown> = {
    fetch: () => fetch(at('fetch'), { method: 'POST', body: canary, mode: 'no-cors' }),
    'inherited-fetch': () => {
      // What the scope's own property hides may still stand on what it inherits from.
      for (let of = Object.getPrototypeOf(globalThis); of; of = Object.getPrototypeOf(of))
        if (Object.hasOwn(of, 'fetch')) of.fetch.call(globalThis, at('inherited-fetch'), { mode: 'no-cors' });
    },
    font: async () => new FontFace('leak', `url("${at('font')}")`).load(),
    xhr: () => {
      const request = new XMLHttpRequest();
      request.open('GET', at('xhr'));
      request.send();
    },
    websocket: () => new WebSocket(socket('websocket')),
    eventsource: () => new EventSource(at('eventsource')),
    cache: async () => (await caches.open('leak')).add(new Request(at('cache'), { mode: 'no-cors' })),
    'blob-worker': () => {
      const code = `fetch(${JSON.stringify(at('blob-worker'))}, { mode: 'no-cors' })`;
      new Worker(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
    },
    beacon: () => navigator.sendBeacon(at('beacon'), canary),
  };
  if (typeof document !== 'undefined') {
    const element = (name: string, properties: Record<string, string>) => {
      const made = Object.assign(document.createElement(name), properties);
      document.body.append(made);
      return made;
    };
    Object.assign(ways, {
      image: () => element('img', { src: at('image') }),
      script: () => element('script', { src: at('script') }),
      module: () => element('script', { type: 'module', src: at('module') }),
      video: () => element('video', { src: at('video') }),
      frame: () => element('iframe', { src: at('frame') }),
      object: () => element('object', { data: at('object') }),
      style: () => element('style', { textContent: `@import "${at('style')}";` }),
      background: () => {
        element('div', { textContent: 'x' }).style.background = `url("${at('background')}")`;
      },
      prefetch: () => element('link', { rel: 'prefetch', href: at('prefetch') }),
      preload: () => Object.assign(element('link', { rel: 'preload', as: 'fetch', href: at('preload') })),
      ping: () => {
        const link = element('a', { href: '#', ping: at('ping') });
        link.addEventListener('click', (event) => event.stopPropagation());
        link.click();
      },
      'frame-within': () => {
        // A blank frame is of the page's origin; its own window might know another policy.
        const frame = element('iframe', {}) as unknown as HTMLIFrameElement;
        const inner = frame.contentWindow as unknown as typeof globalThis;
        return inner.fetch(at('frame-within'), { mode: 'no-cors' });
      },
      webrtc: async () => {
        const secret = { username: canary.slice(0, 60), credential: 'x' };
        const connection = new RTCPeerConnection({
          iceServers: [
            { urls: `stun:${to.udp}` },
            { urls: `turn:${to.udp}`, ...secret },
            { urls: `turn:${to.tcp}?transport=tcp`, ...secret },
          ],
        });
        connection.createDataChannel('leak');
        await connection.setLocalDescription(await connection.createOffer());
      },
    });
  }
  await Promise.all(
    Object.values(ways).map(async (way) => {
      try {
        await Promise.race([way(), new Promise((done) => setTimeout(done, 1000))]);
      } catch {
        // Refused at once, or unknown here.
      }
    }),
  );
  await new Promise((done) => setTimeout(done, 1000));
}

/** Ways that replace the page or open another; each in turn. `form` and `popup` leave the page where it is. */
export const DEPARTURES: Record<string, (errand: Errand) => void> = {
  form: ({ to, canary }) => {
    const form = Object.assign(document.createElement('form'), {
      action: `${to.http}/form`,
      method: 'post',
      target: '_blank',
    });
    form.append(Object.assign(document.createElement('input'), { name: 'text', value: canary }));
    document.body.append(form);
    form.submit();
  },
  popup: ({ to, canary }) => void window.open(`${to.http}/popup?${canary}`),
  navigation: ({ to, canary }) => {
    location.href = `${to.http}/navigation?${canary}`;
  },
};
