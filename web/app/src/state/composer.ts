// What the composer does with text: cleans it, measures it, keeps drafts, says that somebody types.
// It never writes into the field; the component does that, and never during a composition.
import type { KeptDraft } from '../storage/database.ts';
import { saveDraft } from '../storage/drafts.ts';
import { countGraphemes } from '../text/shape.ts';
import { type EnterRule, settings } from './settings.ts';
import type { Writing } from './writing.ts';

/** The house's own limit unless it is configured lower; then the house says so. */
export const textBytesMax = 16_384;
const draft_ms = 300;
/** Nothing typed for this long: no longer typing. */
const typingEnds_ms = 6000;

const encoder = new TextEncoder();
// Control characters but tab and line feed are refused by the house and seen by nobody.
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is what it is for
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** The text as it is sent: line feeds only, no invisible control characters, no blank ends. */
export function cleanText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(controls, '')
    .replace(/^\n+|\s+$/g, '');
}

export interface Measure {
  blank: boolean;
  /** Characters left, from 90 % of the limit on; negative when it is too long. */
  left: number | undefined;
}

/** How full the box is. The limit counts bytes, people count characters: scaled by this text's own mix. */
export function measure(text: string, bytesMax = textBytesMax): Measure {
  const clean = cleanText(text);
  if (clean === '') return { blank: true, left: undefined };
  // A character has at most 4 bytes in most scripts: shorter texts need no counting.
  if (clean.length * 4 < bytesMax * 0.9) return { blank: false, left: undefined };
  const bytes = encoder.encode(clean).length;
  if (bytes < bytesMax * 0.9) return { blank: false, left: undefined };
  const each = bytes / countGraphemes(clean);
  const left = (bytesMax - bytes) / each;
  return { blank: false, left: left < 0 ? Math.floor(left) : Math.trunc(left) };
}

/** What a key press in the composer is, as far as sending goes. */
export interface Press {
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  keyCode: number;
}

/**
 * Does this press send? Both tests for input methods are needed: some browsers report the Enter that
 * confirms a candidate after the composition ended, with key code 229.
 */
export function sends(press: Press, rule: EnterRule, coarsePointer: boolean): boolean {
  if (press.key !== 'Enter' || press.isComposing || press.keyCode === 229) return false;
  if (press.ctrlKey || press.metaKey) return true;
  if (press.shiftKey || press.altKey) return false;
  return enterSends(rule, coarsePointer);
}

/** The rule in force for a plain Enter. */
export function enterSends(rule: EnterRule, coarsePointer: boolean): boolean {
  return rule === 'always' || (rule === 'auto' && !coarsePointer);
}

/** Whether the caret stands in a code block that is not closed yet: there Enter breaks the line. */
export function isInFence(text: string, caret: number): boolean {
  const fences = text.slice(0, caret).match(/^```/gm)?.length ?? 0;
  return fences % 2 === 1;
}

export interface Typist {
  /** After each change of the text. */
  typed(text: string): void;
  /** Saves at once and stops typing: after sending, on leaving the room. */
  finish(text: string): void;
}

/** What the composer needs of where one writes. */
type Desk = Pick<Writing, 'key' | 'context' | 'chosen' | 'stash'> & {
  timeline: { room: Pick<Writing['timeline']['room'], 'setTyping'> };
};

/**
 * Keeps a draft, and tells of typing with each key, unless the person wants none of it told: the SDK makes it at most
 * every 3 s. Commands are not told.
 */
export function makeTypist(writing: Desk): Typist {
  const { room } = writing.timeline;
  const save = (text: string) => void saveDraft(writing.key, draftOf(writing, text));
  let draftTimer: ReturnType<typeof setTimeout> | undefined;
  let quietTimer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(quietTimer);
    room.setTyping(false);
  };
  return {
    typed(text) {
      clearTimeout(draftTimer);
      draftTimer = setTimeout(() => save(text), draft_ms);
      clearTimeout(quietTimer);
      const isTold = settings.peek().tells && text.trim() !== '' && !text.startsWith('/');
      if (!isTold) return stop();
      quietTimer = setTimeout(stop, typingEnds_ms);
      room.setTyping(true);
    },
    finish(text) {
      clearTimeout(draftTimer);
      save(text);
      stop();
    },
  };
}

/** Nothing written and nothing begun is no draft. */
export function draftOf({ context, chosen, stash }: Desk, text: string): KeptDraft | undefined {
  const now = context.peek();
  if (text === '' && now === undefined) return undefined;
  return { text, stash, ...(now !== undefined && { context: now }), chosen: [...chosen] };
}
