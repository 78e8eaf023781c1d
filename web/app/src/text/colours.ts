// Colours of code: lowlight's tree, flattened to pieces. A chunk of its own, fetched with the first block of code
// that names its language. Nothing of it is ever HTML.
import bash from 'highlight.js/lib/languages/bash';
import c from 'highlight.js/lib/languages/c';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import markdown from 'highlight.js/lib/languages/markdown';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';
import { createLowlight } from 'lowlight';

export type Coloured = readonly (readonly [text: string, kind: string | undefined])[];

type Node = ReturnType<typeof lowlight.highlight>['children'][number];

/** Longer code takes longer than a frame, and would fill the list with elements. */
const charactersMax = 10_000;
const piecesMax = 1_000;

const lowlight = createLowlight({
  bash,
  c,
  cpp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  markdown,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
});

const kinds: [RegExp, string][] = [
  [/^(?:keyword|built_in|selector|tag|name|section|meta)/, 'kw'],
  [/^(?:string|regexp|addition|link|code|quote)/, 'str'],
  [/^(?:number|literal|symbol|bullet|attr|property|variable|template-variable)/, 'num'],
  [/^(?:title|function|class|type|params)/, 'fn'],
  [/^(?:comment|doctag|deletion)/, 'com'],
];

/** The pieces of a code and what each is; undefined if the language is not known, or there is too much of it. */
export function colour(lang: string, text: string): Coloured | undefined {
  if (!lowlight.registered(lang) || text.length > charactersMax) return undefined;
  const pieces: [string, string | undefined][] = [];
  flatten(lowlight.highlight(lang, text).children, undefined, pieces);
  return pieces.length > piecesMax ? undefined : pieces;
}

function flatten(
  nodes: readonly Node[],
  kind: string | undefined,
  pieces: [string, string | undefined][],
): void {
  for (const node of nodes) {
    if (node.type === 'text') {
      const last = pieces.at(-1);
      if (last !== undefined && last[1] === kind) last[0] += node.value;
      else pieces.push([node.value, kind]);
    } else if (node.type === 'element') {
      flatten(node.children as Node[], kindOf(node.properties['className']) ?? kind, pieces);
    }
  }
}

function kindOf(names: unknown): string | undefined {
  const name = Array.isArray(names) ? String(names[0]).replace('hljs-', '') : '';
  return kinds.find(([scope]) => scope.test(name))?.[1];
}
