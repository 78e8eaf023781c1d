import { type FileView, fileAddress } from '@teahouse/sdk';
import { useState } from 'preact/hooks';
import { fileText } from '../components/Attachments.tsx';
import { IconButton } from '../components/Button.tsx';
import { Icon } from '../components/Icon.tsx';
import { words } from '../i18n/language.ts';
import { Modal } from '../parts/Modal.tsx';
import { partWords } from '../parts/words.ts';
import { hide } from '../state/overlay.ts';
import { fileWords } from './words.ts';
import './files.css';

interface LightboxProps {
  files: readonly FileView[];
  at: number;
}

/** Images of a message, large. Arrows go on, a press shows every pixel, Esc closes; the focus goes back. */
export function Lightbox({ files, at }: LightboxProps) {
  const t = fileWords();
  const [place, setPlace] = useState(at);
  const [large, setLarge] = useState(false);
  const file = files[place];
  if (file === undefined) return null;
  const go = (step: number) => {
    setPlace((place + step + files.length) % files.length);
    setLarge(false);
  };
  const onKey = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowRight' || key === 'ArrowDown') go(1);
    if (key === 'ArrowLeft' || key === 'ArrowUp') go(-1);
    if (key === '+' || key === '=') setLarge(true);
    if (key === '-') setLarge(false);
  };
  const title = t.view(place + 1, files.length);
  return (
    <Modal class="lightbox" label={title} onClose={hide} onKeyDown={onKey}>
      <header>
        <span>
          <bdi>{file.name}</bdi> {files.length > 1 && <small>{title}</small>}
        </span>
        <a
          class="icon-button"
          href={fileAddress(file)}
          download={file.name}
          aria-label={t.save}
          title={t.save}
        >
          <Icon name="down" />
        </a>
        <IconButton icon="x" label={partWords().close} onPress={hide} />
      </header>
      <div class={large ? 'lightbox-stage large' : 'lightbox-stage'}>
        <button
          type="button"
          aria-label={large ? t.smaller : t.larger}
          aria-pressed={large}
          onClick={() => setLarge(!large)}
        >
          <img
            key={file.id}
            src={fileAddress(file)}
            alt={fileText(words(), file)}
            width={file.width}
            height={file.height}
          />
        </button>
      </div>
      {file.alt !== undefined && <p class="lightbox-alt">{file.alt}</p>}
      {files.length > 1 && (
        <nav>
          <IconButton icon="cleft" label={t.previous} onPress={() => go(-1)} />
          <IconButton icon="cright" label={t.next} onPress={() => go(1)} />
        </nav>
      )}
    </Modal>
  );
}
