import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { IconButton } from '../components/Button.tsx';
import type { Desk } from '../components/Composer.tsx';
import { Icon } from '../components/Icon.tsx';
import { words } from '../i18n/language.ts';
import { type Attached, attachedTo } from '../state/attached.ts';
import { coarse } from '../state/screen.ts';
import { bytesText } from '../text/bytes.ts';
import { add, fileBytesMax, remove, restore, retry, setAlt } from './uploads.ts';
import { goesWhenWhole } from './whole.ts';
import { fileWords } from './words.ts';
import './files.css';

/** Over the field: what goes with the next message. Takes what is dropped on the room. */
export function Tray({ desk }: { desk: Desk }) {
  const t = fileWords();
  const place = desk.writing.key;
  const isDropping = useFiles(desk);
  const files = attachedTo(place).value;
  return (
    <>
      {isDropping !== undefined && (
        <div class="drop-here" style={isDropping} aria-hidden="true">
          {t.drop}
        </div>
      )}
      {files.length > 0 && (
        <ul class="tray" aria-label={t.list}>
          {files.map((file) => (
            <Card key={file.key} place={place} file={file} />
          ))}
        </ul>
      )}
      {goesWhenWhole.value.has(place) && (
        <p class="tray-goes" role="status">
          {t.goes}
        </p>
      )}
    </>
  );
}

/** Under the field: chooses files, and on a phone takes a photo. */
export function AttachButtons({ desk }: { desk: Desk }) {
  const t = fileWords();
  const input = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const took = (from: HTMLInputElement) => {
    add(desk.writing.key, [...(from.files ?? [])]);
    // The same file may be chosen again.
    from.value = '';
    desk.field.focus();
  };
  return (
    <>
      <IconButton icon="clip" label={t.attach} onPress={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => took(event.currentTarget)}
      />
      {coarse.value && (
        <>
          <IconButton icon="camera" label={t.camera} onPress={() => camera.current?.click()} />
          <input
            ref={camera}
            type="file"
            accept="image/*"
            capture="environment"
            hidden
            onChange={(event) => took(event.currentTarget)}
          />
        </>
      )}
    </>
  );
}

function Card({ place, file }: { place: string; file: Attached }) {
  const t = fileWords();
  const percent = file.bytes === 0 ? 100 : Math.floor((file.sent / file.bytes) * 100);
  return (
    <li class={`tray-card ${file.state}`}>
      {file.picture === undefined ? <Icon name="file" /> : <img src={file.picture} alt="" />}
      <div class="tray-main">
        <b>
          <bdi>{file.name}</bdi>
        </b>
        <Facts file={file} percent={percent} />
        {file.kind.startsWith('image/') && file.state !== 'failed' && <AltField file={file} />}
      </div>
      {file.state === 'failed' && mayRetry(file) && (
        <button
          type="button"
          class="text-button"
          aria-label={t.retry(file.name)}
          onClick={() => retry(file.key)}
        >
          {t.again}
        </button>
      )}
      <IconButton icon="x" label={t.remove(file.name)} onPress={() => remove(place, file.key)} />
    </li>
  );
}

function Facts({ file, percent }: { file: Attached; percent: number }) {
  const t = fileWords();
  const { tag } = words();
  if (file.state === 'failed')
    return (
      <small class="tray-fault">
        <Icon name="alert" size={14} /> {faultText(file)}
      </small>
    );
  const size = bytesText(tag, file.bytes);
  return (
    <>
      <small>{file.state === 'whole' ? `${size} · ${t.whole}` : `${size} · ${percent} %`}</small>
      {file.state === 'coming' && (
        <progress max={100} value={percent} aria-label={t.progress(file.name, percent)} />
      )}
    </>
  );
}

function AltField({ file }: { file: Attached }) {
  const t = fileWords();
  const [text, setText] = useState(file.alt);
  return (
    <input
      class="tray-alt"
      type="text"
      value={text}
      maxLength={1000}
      placeholder={t.alt}
      aria-label={`${t.alt}: ${file.name}. ${t.altHint}`}
      onInput={(event) => setText(event.currentTarget.value)}
      onChange={(event) => void setAlt(file.key, event.currentTarget.value.trim())}
      onKeyDown={(event) => {
        // Enter says that it is done; it does not send.
        if (event.key !== 'Enter' || event.isComposing) return;
        event.preventDefault();
        event.currentTarget.blur();
      }}
    />
  );
}

function mayRetry({ code }: Attached): boolean {
  return code !== 'too_large' && code !== 'forbidden';
}

function faultText({ code }: Attached): string {
  const t = fileWords();
  const most = fileBytesMax();
  if (code === 'too_large')
    return t.tooLarge(most === undefined ? '' : bytesText(words().tag, most));
  if (code === 'quota') return t.quota;
  return code === 'forbidden' ? t.closed : t.failed;
}

/** Takes files that are dropped on the room of the field; says where they would fall. */
function useFiles({ writing, form, field }: Desk) {
  const [over, setOver] = useState<Record<string, string> | undefined>();
  useLayoutEffect(() => {
    void restore(writing.key);
    const room = form.closest<HTMLElement>('main, aside') ?? form;
    const onOver = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
      const { left, top, width, height } = room.getBoundingClientRect();
      const px = (value: number) => `${Math.round(value)}px`;
      setOver({ left: px(left), top: px(top), width: px(width), height: px(height) });
    };
    const onLeave = (event: DragEvent) => {
      if (!(event.relatedTarget instanceof Node && room.contains(event.relatedTarget)))
        setOver(undefined);
    };
    const onDrop = (event: DragEvent) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      setOver(undefined);
      if (files.length === 0) return;
      event.preventDefault();
      add(writing.key, files);
      field.focus();
    };
    room.addEventListener('dragover', onOver);
    room.addEventListener('dragleave', onLeave);
    room.addEventListener('drop', onDrop);
    return () => {
      room.removeEventListener('dragover', onOver);
      room.removeEventListener('dragleave', onLeave);
      room.removeEventListener('drop', onDrop);
    };
  }, [writing, form, field]);
  return over;
}
