import { type FileView, fileAddress } from '@teahouse/sdk';
import { fileText } from '../components/Attachments.tsx';
import { Icon } from '../components/Icon.tsx';
import { words } from '../i18n/language.ts';
import { bytesText } from '../text/bytes.ts';
import { fileWords } from './words.ts';
import './files.css';

/** What is no image: it is played where it is, never by itself, or saved. */
export function Other({ file }: { file: FileView }) {
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
      <span class="sr">{fileWords().saveIt(file.name)}</span>
    </a>
  );
}
