import { type FileView, fileAddress, thumbAddress } from '@teahouse/sdk';
import { words } from '../i18n/language.ts';
import type { Messages } from '../i18n/messages.en.ts';
import { show } from '../state/overlay.ts';
import { bytesText } from '../text/bytes.ts';
import { Icon } from './Icon.tsx';
import './Attachments.css';

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
        <Other key={file.id} file={file} />
      ))}
    </div>
  );
}

/** What a file is, for who does not see it: what its sender says, else kind, name and size. */
export function fileText(t: Messages, file: FileView): string {
  const size = bytesText(t.tag, file.bytes);
  if (isPicture(file)) return file.alt ?? t.fileImage(file.name, size);
  const [kind] = file.type.split('/');
  if (kind === 'video') return t.fileVideo(file.name, size);
  return kind === 'audio' ? t.fileAudio(file.name, size) : t.fileOther(file.name, size);
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
          <source media="(prefers-reduced-motion: reduce)" srcset={thumbAddress(file)} />
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

function Other({ file }: { file: FileView }) {
  const t = words();
  const [kind] = file.type.split('/');
  if (kind === 'video')
    return (
      // biome-ignore lint/a11y/useMediaCaption: what people send has none
      <video
        class="film"
        src={fileAddress(file)}
        controls
        preload="metadata"
        tabIndex={-1}
        aria-label={fileText(t, file)}
      />
    );
  if (kind === 'audio')
    return (
      <figure class="sound">
        <figcaption>
          <bdi>{file.name}</bdi> <small>{bytesText(t.tag, file.bytes)}</small>
        </figcaption>
        {/* biome-ignore lint/a11y/useMediaCaption: what people send has none */}
        <audio
          src={fileAddress(file)}
          controls
          preload="metadata"
          tabIndex={-1}
          aria-label={fileText(t, file)}
        />
      </figure>
    );
  return (
    <a class="file" href={fileAddress(file)} download={file.name} tabIndex={-1}>
      <Icon name="file" />
      <span>
        <b>
          <bdi>{file.name}</bdi>
        </b>
        <small>{bytesText(t.tag, file.bytes)}</small>
      </span>
      <Icon name="down" size={18} />
      <span class="sr">{t.fileSave(file.name)}</span>
    </a>
  );
}
