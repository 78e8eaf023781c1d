// What the formatting keys do to a text with a selection. Pure: they answer with a replacement.
import type { Replacement } from './insert.ts';

export type Format = 'bold' | 'italic' | 'struck' | 'code' | 'link' | 'block' | 'quote' | 'list';

const marks = { bold: '**', italic: '*', struck: '~~', code: '`' } as const;

/** The keys of each, with Ctrl or ⌘. */
export function formatOf({
  key,
  shiftKey,
}: Pick<KeyboardEvent, 'key' | 'shiftKey'>): Format | undefined {
  const letter = key.toLowerCase();
  if (shiftKey) return letter === 'x' ? 'struck' : undefined;
  return ({ b: 'bold', i: 'italic', e: 'code', k: 'link' } as const)[letter];
}

/** Marks what is selected, or takes the marks away; without a selection the caret stands between them. */
export function formatted(text: string, from: number, to: number, format: Format): Replacement {
  if (format === 'link') return linked(text, from, to);
  if (format === 'block') return fenced(text, from, to);
  if (format === 'quote') return prefixed(text, from, to, '> ');
  if (format === 'list') return prefixed(text, from, to, '- ');
  return marked(text, from, to, marks[format]);
}

function marked(text: string, from: number, to: number, mark: string): Replacement {
  const inner = text.slice(from, to);
  const { length } = mark;
  const around = [text.slice(from - length, from), text.slice(to, to + length)];
  if (from >= length && around.every((side) => side === mark) && !isLonger(text, from, to, mark))
    return {
      from: from - length,
      to: to + length,
      text: inner,
      select: [from - length, to - length],
    };
  const [, before = '', core = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(inner) ?? [];
  const start = from + before.length + length;
  return {
    from,
    to,
    text: `${before}${mark}${core}${mark}${after}`,
    select: [start, start + core.length],
  };
}

/** One star inside of two is bold, not italic. */
function isLonger(text: string, from: number, to: number, mark: string): boolean {
  return mark === '*' && text[from - 2] === '*' && text[to + 1] === '*' && text[from - 3] !== '*';
}

function linked(text: string, from: number, to: number): Replacement {
  const inner = text.slice(from, to);
  if (isLink(inner)) {
    const made = `[](${inner})`;
    return { from, to, text: made, select: [from + 1, from + 1] };
  }
  const at = from + inner.length + 3;
  return { from, to, text: `[${inner}](https://)`, select: [at, at + 8] };
}

/** Whether a text is one link and nothing else. */
export function isLink(text: string): boolean {
  return /^(?:https?:\/\/|mailto:)\S+$/i.test(text.trim());
}

/** A link that is pasted over a selection. */
export function linkOver(text: string, from: number, to: number, link: string): Replacement {
  return { from, to, text: `[${text.slice(from, to)}](${link.trim()})` };
}

function fenced(text: string, from: number, to: number): Replacement {
  const inner = text.slice(from, to).replace(/\n$/, '');
  const before = from > 0 && text[from - 1] !== '\n' ? '\n' : '';
  const after = to < text.length && text[to] !== '\n' ? '\n' : '';
  const start = from + before.length + 4;
  return {
    from,
    to,
    text: `${before}\`\`\`\n${inner}\n\`\`\`${after}`,
    select: [start, start + inner.length],
  };
}

function prefixed(text: string, from: number, to: number, prefix: string): Replacement {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const lines = text.slice(start, to).split('\n');
  const has = lines.every((line) => line.startsWith(prefix));
  const made = lines
    .map((line) => (has ? line.slice(prefix.length) : `${prefix}${line}`))
    .join('\n');
  return { from: start, to, text: made };
}

/** Several lines that look like code: indented, or ending in what lines of code end in. */
export function looksLikeCode(text: string): boolean {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || text.includes('```')) return false;
  const like = lines.filter((line) =>
    /^(?:\t| {2,})\S|[;{}[\]()<>=]\s*$|^\s*(?:<\/?\w|[#$@]\w|\/\/)/.test(line),
  );
  return like.length * 2 >= lines.length;
}
