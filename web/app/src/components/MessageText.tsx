import type { Person } from '@teahouse/sdk';
import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { you } from '../state/house.ts';
import { show } from '../state/overlay.ts';
import { addressFor, listedRoom, nameOf } from '../state/rooms.ts';
import { isMasked } from '../text/masked.ts';
import { namesOf, plainInlines } from '../text/plain.ts';
import type { Block, Inline } from '../text/tree.ts';
import { CodeBlock } from './CodeBlock.tsx';

interface Said {
  people: readonly Person[];
}

/** Blocks below one another. */
export function Blocks({ blocks, people }: Said & { blocks: readonly Block[] }) {
  return (
    <>
      {blocks.map((block, index) => (
        <BlockView key={index} block={block} people={people} />
      ))}
    </>
  );
}

function BlockView({ block, people }: Said & { block: Block }) {
  switch (block.kind) {
    case 'pre':
      return <CodeBlock lang={block.lang} text={block.text} />;
    case 'quote':
      return (
        <blockquote>
          <Blocks blocks={block.inside} people={people} />
        </blockquote>
      );
    case 'list':
      return <List first={block.first} items={block.items} people={people} />;
    default: {
      const inside = <Inlines inlines={block.inside} people={people} />;
      return <p dir="auto">{block.kind === 'heading' ? <strong>{inside}</strong> : inside}</p>;
    }
  }
}

interface ListProps extends Said {
  first: number | undefined;
  items: readonly (readonly Block[])[];
}

function List({ first, items, people }: ListProps) {
  const inside = items.map((item, index) => (
    <li key={index}>
      <Blocks blocks={item} people={people} />
    </li>
  ));
  return first === undefined ? <ul>{inside}</ul> : <ol start={first}>{inside}</ol>;
}

export function Inlines({ inlines, people }: Said & { inlines: readonly Inline[] }) {
  return (
    <>
      {inlines.map((inline, index) =>
        typeof inline === 'string' ? (
          inline
        ) : (
          <InlineView key={index} inline={inline} people={people} />
        ),
      )}
    </>
  );
}

function InlineView({ inline, people }: Said & { inline: Exclude<Inline, string> }) {
  switch (inline.kind) {
    case 'code':
      return <code>{inline.text}</code>;
    case 'link':
      return <LinkView href={inline.href} inside={inline.inside} people={people} />;
    case 'person':
      return <Mention id={inline.id} people={people} />;
    case 'everybody':
      return <span class="mention me">@{inline.id}</span>;
    case 'room':
      return <RoomMention id={inline.id} />;
    case 'emoji':
      return <>:{inline.id}:</>;
    case 'hidden':
      return <Hidden inside={inline.inside} people={people} />;
    default: {
      const inside = <Inlines inlines={inline.inside} people={people} />;
      if (inline.kind === 'bold') return <strong>{inside}</strong>;
      return inline.kind === 'italic' ? <em>{inside}</em> : <s>{inside}</s>;
    }
  }
}

/** A name; pressing it opens the person's card. */
function Mention({ id, people }: Said & { id: string }) {
  const isMe = id === you.value?.id;
  const person = people.find((known) => known.id === id) ?? (isMe ? you.value : undefined);
  const look = isMe ? 'mention me' : 'mention';
  if (person === undefined) return <span class={look}>@?</span>;
  return (
    <button
      type="button"
      class={look}
      tabIndex={-1}
      onClick={() => show({ kind: 'person', person, timeline: undefined })}
    >
      @{person.name}
    </button>
  );
}

function RoomMention({ id }: { id: string }) {
  const room = listedRoom(id);
  return (
    <a class="mention" href={`/r/${addressFor(id)}`} tabIndex={-1}>
      #{room === undefined ? id : nameOf(room)}
    </a>
  );
}

interface LinkProps extends Said {
  href: string;
  inside: readonly Inline[];
}

/** Opens beside the page. If its text looks like another address, that is asked first. */
function LinkView({ href, inside, people }: LinkProps) {
  const shown = <Inlines inlines={inside} people={people} />;
  if (!URL.canParse(href)) return shown;
  const said = plainInlines([...inside], namesOf(people));
  const ask = (event: Event) => {
    if (!isMasked(said, href)) return;
    event.preventDefault();
    show({ kind: 'address', href });
  };
  return (
    <a
      href={href}
      title={said === href ? undefined : new URL(href).host || href}
      target="_blank"
      rel="noopener noreferrer"
      tabIndex={-1}
      onClick={ask}
      onAuxClick={ask}
    >
      {shown}
    </a>
  );
}

/** Covered until it is pressed. */
function Hidden({ inside, people }: Said & { inside: Inline[] }) {
  const [open, setOpen] = useState(false);
  if (open) {
    return (
      <span class="uncovered">
        <Inlines inlines={inside} people={people} />
      </span>
    );
  }
  return (
    <button
      type="button"
      class="covered"
      aria-label={words().textHidden}
      tabIndex={-1}
      onClick={() => setOpen(true)}
    >
      <span aria-hidden="true">{plainInlines(inside, namesOf(people))}</span>
    </button>
  );
}
