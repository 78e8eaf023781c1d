// Images from large cameras become smaller before they travel: nobody sees the difference on a screen.

/** The longer side of an image that is sent, in pixels. */
const side_max = 4096;
const kinds = ['image/jpeg', 'image/png', 'image/webp'];
const quality = 0.9;

/** The image within bounds; the same bytes if it is, or if this browser cannot make it smaller. */
export async function shrink(file: Blob): Promise<Blob> {
  if (!kinds.includes(file.type) || typeof createImageBitmap !== 'function') return file;
  try {
    const image = await createImageBitmap(file);
    const { width, height } = image;
    const scale = side_max / Math.max(width, height);
    if (scale >= 1) {
      image.close();
      return file;
    }
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    image.close();
    const smaller = await new Promise<Blob | null>((resolve) =>
      canvas.toBlob(resolve, file.type, quality),
    );
    return smaller !== null && smaller.size < file.size ? smaller : file;
  } catch {
    // Not an image after all: the house says what it is.
    return file;
  }
}
