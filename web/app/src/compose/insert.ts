// Changes the field as typing does, so that undo works. Never called during a composition.

/** Replaces a part of the text and selects a part of what is there then. */
export function replaceText(
  field: HTMLTextAreaElement,
  { from, to, text, select }: Replacement,
): void {
  field.focus();
  field.setSelectionRange(from, to);
  const done =
    text === '' ? document.execCommand('delete') : document.execCommand('insertText', false, text);
  if (!done || field.value.slice(from, from + text.length) !== text) {
    field.setRangeText(text, from, to, 'end');
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }
  const [start, end] = select ?? [from + text.length, from + text.length];
  field.setSelectionRange(start, end);
}

export interface Replacement {
  from: number;
  to: number;
  text: string;
  /** What is selected afterwards; the end of the new text, if absent. */
  select?: readonly [number, number];
}

/** Puts a text where the caret stands. */
export function insertText(field: HTMLTextAreaElement, text: string): void {
  replaceText(field, { from: field.selectionStart, to: field.selectionEnd, text });
}
