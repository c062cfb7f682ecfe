/**
 * Keeps the page's own files in the browser, so that a wallet opens, and its account can be left, while the node is gone.
 *
 * Nothing of the API is kept: what the page shows of the network is the node's word of now, or none. Invariant: a node that
 * answers is served from first, but for files that are named by their contents; the kept files are those of one build.
 */

/** What a service worker has beyond a page; the DOM's types do not tell. */
interface LifetimeEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends LifetimeEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

/** The build puts its files here, `/` among them, and a digest of their contents (vite.config.ts). */
declare const __FILES__: readonly string[];
declare const __BUILD__: string;
declare const clients: { claim(): Promise<void> };

const CACHE = `upfront-page-${__BUILD__}`;
/** Whatever it was packed with on its way here. */
const KEPT = { ignoreVary: true } as const;
const CACHES = /^upfront-page-/;
const FILES = new Set(__FILES__);
/** Named by their contents: what is kept is what the node has. */
const ASSETS = '/assets/';
/** ms after which a node that does not answer counts as gone. */
const ANSWER_MS = 5000;
/** Of a proxy whose node is gone. */
const GONE = new Set([502, 503, 504]);

addEventListener('install', (event) =>
  (event as LifetimeEvent).waitUntil(caches.open(CACHE).then((cache) => cache.addAll([...FILES]))),
);

addEventListener('activate', (event) =>
  (event as LifetimeEvent).waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => CACHES.test(name) && name !== CACHE))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      // The page that brought it is kept too, without being loaded again.
      .then(() => clients.claim()),
  ),
);

addEventListener('fetch', (event) => {
  const asked = event as FetchEvent;
  const { request } = asked;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate') asked.respondWith(fromNode(request, '/'));
  else if (pathname.startsWith(ASSETS)) asked.respondWith(fromKept(request));
  else if (FILES.has(pathname)) asked.respondWith(fromNode(request, pathname));
});

async function fromKept(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(request, KEPT)) ?? (await fetch(request));
}

/** The node's answer; while it is gone, the kept file. */
async function fromNode(request: Request, path: string): Promise<Response> {
  const kept = async (): Promise<Response | undefined> => await (await caches.open(CACHE)).match(path, KEPT);
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS) });
    return GONE.has(answer.status) ? ((await kept()) ?? answer) : answer;
  } catch (error) {
    const file = await kept();
    if (file === undefined) throw error;
    return file;
  }
}
