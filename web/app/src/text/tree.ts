// What a message text is made of. Only the parser makes trees; whoever shows one goes through it once.

export type Inline =
  /** Words, as they are. */
  | string
  | { kind: 'bold' | 'italic' | 'struck' | 'hidden'; inside: Inline[] }
  | { kind: 'code'; text: string }
  /** The address begins with `http://`, `https://` or `mailto:`. */
  | { kind: 'link'; href: string; inside: Inline[] }
  /** A person or a room by id, `here` or `room`, an emoji by its short name. */
  | { kind: 'person' | 'room' | 'everybody' | 'emoji'; id: string };

export type Block =
  | { kind: 'paragraph' | 'heading'; inside: Inline[] }
  | { kind: 'pre'; lang: string | undefined; text: string }
  | { kind: 'quote'; inside: Block[] }
  /** Numbered from `first` on; with dots if it is undefined. */
  | { kind: 'list'; first: number | undefined; items: Block[][] };

/** White space as this dialect knows it. */
export const space = ' \\t\\n\\u00a0\\u3000';
