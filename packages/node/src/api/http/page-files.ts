/**
 * The explorer: a built page of static files (@upfront/explorer), served beside the API.
 *
 * Everything is read when the node starts, so that a request can name nothing but what was there: no path is
 * ever joined to a folder. `pages.json` in the folder lists the addresses that a browser may open, and each answers the
 * page; at any other the page itself says that it is not found. Invariant: no script runs that did not come from this folder.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ConfigError } from '../../config/config-error.ts';
import type { ApiServer } from './server.ts';
import type { Sources } from './sources.ts';

const FILES_MOST = 256;
const BYTES_MOST = 16 * 1024 * 1024;
/** Smaller answers gain nothing from it. */
const GZIP_LEAST_BYTES = 1024;
/** Names made from contents never mean anything else. */
const HASHED = /^\/assets\/.+-[\w-]{8}\.\w+$/;
const HIDDEN = /(^|\/)\./;
const PAGES_FILE = '/pages.json';
const INDEX_FILE = '/index.html';
/** What programs ask for answers programs, whoever asks. */
const API = /^\/v1(\/|$)/;
/** As `/nonce/:nonce` and `/wallet/*`. */
const PAGE = /^\/(:?[a-z]+\/)*(:?[a-z]+|\*)?$/;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** Undefined: too small, or packed already. */
  readonly packed: Buffer | undefined;
  readonly etag: string;
  readonly caching: string;
}

/** Answers with the page, if a person asks for it; false: a program asks. */
export type AnswerPerson = (request: FastifyRequest, reply: FastifyReply) => boolean;

/**
 * Adds a route for every file and every page. Returns what answers at other addresses. Throws ConfigError if the folder
 * holds no built page.
 */
export async function addExplorer(app: ApiServer, sources: Sources, explorer: string): Promise<AnswerPerson> {
  const files = await readFolder(explorer);
  const index = files.get(INDEX_FILE);
  const pages = files.get(PAGES_FILE);
  if (index === undefined || pages === undefined)
    throw new ConfigError('explorer', `${explorer} is no built page: it has no index.html, or no pages.json`);
  files.delete(INDEX_FILE);
  files.delete(PAGES_FILE);
  const policy = policyOf(sources);
  for (const [path, file] of files) addFile(app, path, file, policy);
  for (const path of readPages(pages.bytes, explorer)) addFile(app, path, index, policy);
  return (request, reply) => {
    const isPerson = request.method === 'GET' && /\btext\/html\b/.test(request.headers.accept ?? '');
    if (!isPerson || API.test(request.url)) return false;
    sendFile(request, reply.status(404), index, policy);
    return true;
  };
}

function addFile(app: ApiServer, path: string, file: PageFile, policy: string): void {
  app.get(path, { schema: { hide: true } }, async (request, reply) => {
    if (request.headers['if-none-match'] === file.etag) void reply.status(304);
    return sendFile(request, reply, file, policy);
  });
}

function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: PageFile,
  policy: string,
): FastifyReply {
  void reply
    .header('cache-control', file.caching)
    .header('etag', file.etag)
    .header('vary', 'accept-encoding')
    .header('x-content-type-options', 'nosniff')
    .header('referrer-policy', 'no-referrer')
    .header('content-security-policy', policy);
  if (reply.statusCode === 304) return reply.send();
  const isPacked = file.packed !== undefined && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (isPacked) void reply.header('content-encoding', 'gzip');
  return reply.type(file.type).send(isPacked ? file.packed : file.bytes);
}

/**
 * Scripts and styles of the page's own origin only. Requests also to any first layer over https:, since whoever leaves an
 * operator must not depend on the one that it names; to the named one; and to a devnet's controls.
 */
function policyOf({ publicL1Url, controlsUrl }: Sources): string {
  const named = [publicL1Url, controlsUrl].flatMap((url) => (url === undefined ? [] : [new URL(url).origin]));
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    ['connect-src', "'self'", 'https:', ...named].join(' '),
    "manifest-src 'self'",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** By the path of its address. Throws ConfigError. */
async function readFolder(folder: string): Promise<Map<string, PageFile>> {
  const files = new Map<string, PageFile>();
  let bytes = 0;
  for (const entry of listFolder(folder)) {
    const path = `/${relative(folder, entry).split(sep).join('/')}`;
    const type = TYPES[extname(path)];
    if (HIDDEN.test(path) || type === undefined) continue;
    bytes += statSync(entry).size;
    if (files.size === FILES_MOST || bytes > BYTES_MOST)
      throw new ConfigError(
        'explorer',
        `${folder} is too large to be the page: name the folder it was built to`,
      );
    files.set(path, await readPageFile(entry, path, type));
  }
  return files;
}

function listFolder(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  } catch (cause) {
    throw new ConfigError('explorer', `${folder} cannot be read`, { cause });
  }
}

async function readPageFile(from: string, path: string, type: string): Promise<PageFile> {
  const bytes = readFileSync(from);
  const isText = !type.startsWith('image/png') && !type.startsWith('font/');
  const packed = isText && bytes.length >= GZIP_LEAST_BYTES ? await promisify(gzip)(bytes) : undefined;
  return {
    type,
    bytes,
    packed,
    etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    caching: HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
}

function readPages(bytes: Buffer, folder: string): string[] {
  try {
    const pages: unknown = JSON.parse(bytes.toString('utf8'));
    const isGood = (page: unknown): page is string => typeof page === 'string' && PAGE.test(page);
    if (Array.isArray(pages) && pages.length <= FILES_MOST && pages.every(isGood)) return pages;
  } catch {
    // Said below.
  }
  throw new ConfigError('explorer', `${folder}: pages.json is no list of addresses`);
}
