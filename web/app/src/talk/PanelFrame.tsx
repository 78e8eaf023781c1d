import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from '../components/Button.tsx';
import { partWords } from '../parts/words.ts';
import { closePanel } from '../state/panel.ts';
import { listedRoom, nameOf } from '../state/rooms.ts';
import { wide } from '../state/screen.ts';
import type { Timeline } from '../state/timeline.ts';
import '../components/Panel.css';

interface PanelFrameProps {
  title: string;
  timeline: Timeline;
  children: ComponentChildren;
  /** Under what scrolls. */
  foot?: ComponentChildren;
}

/** The right panel: a head that says what it is and of which room, and what scrolls under it. */
export function PanelFrame({ title, timeline, children, foot }: PanelFrameProps) {
  const panel = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // Over the room it is a place of its own and takes the focus; beside the room it is not.
    if (!wide.peek()) panel.current?.querySelector('button')?.focus();
  }, []);
  const listed = listedRoom(timeline.room.id);
  const name = listed === undefined ? timeline.info.value?.name : nameOf(listed);
  return (
    <aside class="panel" aria-label={title} ref={panel} data-region="panel">
      <div class="panel-head">
        <h2>
          {title} <small>{name}</small>
        </h2>
        <IconButton icon="x" label={partWords().close} onPress={closePanel} />
      </div>
      <div class="panel-body">{children}</div>
      {foot !== undefined && <div class="panel-foot">{foot}</div>}
    </aside>
  );
}
