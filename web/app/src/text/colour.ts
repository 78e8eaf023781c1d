// The colour that belongs to a person.
export const colours = ['jade', 'sky', 'iris', 'plum', 'rose', 'clay', 'amber', 'olive'] as const;
export type Colour = (typeof colours)[number];

/** One of eight grounds, by a hash (FNV-1a) of the person's id: the same on every device. */
export function colourOf(id: string): Colour {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return colours[(hash >>> 0) % colours.length] ?? 'jade';
}
