/** Where files are at the house, as a page names them. */
import type { FileView } from './frame.js';

/** Where the bytes of a file are, at the house. */
export function fileAddress({ id, name }: Pick<FileView, 'id' | 'name'>): string {
  // Two names are the house's own.
  const own = name === 'about' || name === 'thumb' ? `_${name}` : name;
  return `/v1/files/${id}/${encodeURIComponent(own)}`;
}

/** Where the small image of a file is; the file itself where it has none. */
export function thumbAddress(file: FileView): string {
  return file.thumb === undefined ? fileAddress(file) : `/v1/files/${file.id}/thumb`;
}
