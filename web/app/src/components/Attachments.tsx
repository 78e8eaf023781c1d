import { type FileView, fileAddress, thumbAddress } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { show } from '../state/overlay.ts';
import { settings } from '../state/settings.ts';
import { bytesText } from '../text/bytes.ts';
import { lazy } from './lazy.tsx';
import './Attachments.css';

const Other = lazy(async () => (await import('../files/files.ts')).Other);

/** An image alone is at most so large, in pixels. */
const width_max = 440;
const height_max = 320;

/** What a message carries. Every box has its size before its bytes come: nothing jumps. */
export function Attachments({ files }: { files: readonly FileView[] | undefined }) {
  if (files === undefined || files.length === 0) return null;
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file));
  return (
    <div class="files">
      {pictures.length > 0 && (
        <div class={pictures.length > 1 ? 'pics many' : 'pics'}>
          {pictures.map((file) => (
            <Pic key={file.id} file={file} all={pictures} />
          ))}
        </div>
      )}
      {others.map((file) => (
        // Its box is there before what is in it.
        <div key={file.id} class={`file-box ${file.type.split('/')[0]}`}>
          <Other file={file} />
        </div>
      ))}
    </div>
  );
}

/** What a file is, for who does not see it: what its sender says, else kind, name and size. */
export function fileText(t: Messages, file: FileView): string {
  const kind = isPicture(file) ? 'image' : (file.type.split('/')[0] ?? '').replace('image', '');
  return file.alt ?? t.fileText(kind, file.name, bytesText(t.tag, file.bytes));
}

/** An image that may be shown: the house has looked at it. */
export function isPicture({ type, width }: FileView): boolean {
  return type.startsWith('image/') && width !== undefined;
}

function Pic({ file, all }: { file: FileView; all: readonly FileView[] }) {
  const t = words();
  const { width = 1, height = 1 } = file;
  const scale = Math.min(1, width_max / width, height_max / height);
  return (
    <a
      class="pic"
      href={fileAddress(file)}
      target="_blank"
      rel="noopener"
      tabIndex={-1}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        show({ kind: 'lightbox', files: all, at: all.indexOf(file) });
      }}
    >
      <picture>
        {file.type === 'image/gif' && file.thumb !== undefined && (
          // Who wants nothing to move sees its first image.
          <source
            media={settings.value.still ? undefined : '(prefers-reduced-motion: reduce)'}
            srcset={thumbAddress(file)}
          />
        )}
        <img
          src={file.type === 'image/gif' ? fileAddress(file) : thumbAddress(file)}
          alt={fileText(t, file)}
          width={Math.max(1, Math.round(width * scale))}
          height={Math.max(1, Math.round(height * scale))}
          loading="lazy"
          decoding="async"
        />
      </picture>
    </a>
  );
}
