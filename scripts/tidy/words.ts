// Rules on plain text: what may stand in no file, and where a document may point.
// The patterns are written so that they do not match themselves.

import { posix } from 'node:path';
import { type File, type Finding, lineAt } from './source.ts';

type Pattern = { readonly rule: string; readonly pattern: RegExp; readonly text: string };

const PATTERNS: readonly Pattern[] = [
  { rule: 'no machine paths', pattern: /\/(?:work\/(?:main|shared)|root)\b/g, text: 'a path of one machine' },
  { rule: 'no machine paths', pattern: /\/(?:home|Users)\/[a-z]\w*\//g, text: 'a path of one machine' },
  { rule: 'no registry hosts', pattern: /\bregistry\.[a-z]+\.[a-z]+/g, text: 'a registry host' },
  { rule: 'no empty TODO', pattern: /\b(?:TODO|FIXME|XXX)\b[\s:.()-]*$/gm, text: 'say what is to be done' },
  {
    rule: 'no tools of ours',
    pattern: /\b(?:cl[a]ude|anthropi[c]|chatg[p]t|copilo[t]|openA[I]|sub-?agen[t]s?|the CE[O])\b/gi,
    text: 'a word about how this was written',
  },
  { rule: 'no tools of ours', pattern: /\.\.\/shared[/]/g, text: 'a path outside the repository' },
];

export function wordsAreFree({ path, text }: File): Finding[] {
  return PATTERNS.flatMap(({ rule, pattern, text: reason }) =>
    [...text.matchAll(pattern)].map((match) => ({
      path,
      line: lineAt(text, match.index),
      rule,
      text: `${reason}: ${match[0].trim()}`,
    })),
  );
}

export function lockHasNoHosts({ path, text }: File): Finding[] {
  return [...text.matchAll(/"resolved": "https?:.*"/g)].map((match) => ({
    path,
    line: lineAt(text, match.index),
    rule: 'no registry hosts',
    text: 'the lock file names where a package came from (see .npmrc)',
  }));
}

/** Every relative link of a document points to a file, and its anchor to a heading there. */
export function linksResolve(file: File, read: (path: string) => string | undefined): Finding[] {
  const text = withoutCode(file.text);
  return [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].flatMap((match) => {
    const link = match[1] ?? '';
    if (/^[a-z][a-z+.-]*:/i.test(link)) return [];
    const [target = '', anchor] = link.split('#');
    const path = target === '' ? file.path : posix.join(posix.dirname(file.path), decodeURI(target));
    const found = target === '' ? file.text : read(path.replace(/\/$/, ''));
    const fault = (reason: string): Finding[] => [
      { path: file.path, line: lineAt(text, match.index), rule: 'links resolve', text: `${link}: ${reason}` },
    ];
    if (found === undefined) return fault('there is no such file');
    if (anchor === undefined || !path.endsWith('.md') || headings(found).has(anchor)) return [];
    return fault('there is no such heading');
  });
}

function headings(text: string): Set<string> {
  const found = new Set<string>();
  for (const match of withoutCode(text).matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const slug = headingSlug(match[1] ?? '');
    let name = slug;
    for (let copy = 1; found.has(name); copy += 1) name = `${slug}-${copy}`;
    found.add(name);
  }
  return found;
}

function headingSlug(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}

// Blanked and not removed, so that line numbers stay. Inline code stays in headings, where its text counts.
function withoutCode(text: string): string {
  return text.replace(/^(```|~~~)[\s\S]*?^\1\s*$/gm, (block) => block.replace(/[^\n]/g, ''));
}
