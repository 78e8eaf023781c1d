// A picture made small before it travels: the middle square, in the browser, so that a photograph of ten
// megabytes is a few kilobytes and says nothing of where it was taken.

const side_px = 256;

/** The middle square as WebP, or PNG where the browser writes none. Rejects what is no picture. */
export async function squareOf(file: Blob): Promise<Blob> {
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  const canvas = document.createElement('canvas');
  canvas.width = side_px;
  canvas.height = side_px;
  const from = Math.min(bitmap.width, bitmap.height);
  const [x, y] = [(bitmap.width - from) / 2, (bitmap.height - from) / 2];
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('This browser gives no canvas.');
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(bitmap, x, y, from, from, 0, 0, side_px, side_px);
  bitmap.close();
  return new Promise((resolve, reject) => {
    const done = (blob: Blob | null) =>
      blob === null ? reject(new Error('The picture could not be written.')) : resolve(blob);
    canvas.toBlob(done, 'image/webp', 0.85);
  });
}
