import { Dialog } from '../parts/Dialog.tsx';
import { hide } from '../state/overlay.ts';
import { comboText } from './combos.ts';
import { commands } from './commands.ts';
import type { KeyWords } from './words.en.ts';
import { keyWords } from './words.ts';
import './Shortcuts.css';

type Line = readonly [label: keyof KeyWords['fixed'], ...keys: string[]];

const inList: readonly Line[] = [
  ['select', 'ArrowUp', 'ArrowDown'],
  ['pages', 'PageUp', 'PageDown'],
  ['oldest', 'Home'],
  ['newest', 'End'],
];
const onMessage: readonly Line[] = [
  ['menu', 'Enter'],
  ['reply', 'r'],
  ['react', 'a'],
  ['edit', 'e'],
  ['copy', 'c'],
  ['link', 'l'],
  ['pin', 'p'],
  ['unread', 'u'],
  ['remove', 'Delete'],
];
const writing: readonly Line[] = [
  ['send', 'mod+Enter'],
  ['line', 'shift+Enter'],
  ['lastOwn', 'ArrowUp'],
  ['lastMessage', 'shift+Tab'],
  ['bold', 'mod+b'],
  ['italic', 'mod+i'],
  ['code', 'mod+e'],
  ['linkText', 'mod+k'],
  ['struck', 'mod+shift+x'],
];

/** Every shortcut, as the keyboard at hand has it written. */
export function Shortcuts() {
  const w = keyWords();
  const around = commands.flatMap(({ id, keys }) =>
    keys === undefined ? [] : [{ label: w.acts[id], keys: [keys] }],
  );
  const lines = (of: readonly Line[]) =>
    of.map(([label, ...keys]) => ({ label: w.fixed[label], keys }));
  return (
    <Dialog title={w.list} onClose={hide}>
      <Group title={w.groups.go} lines={[...around, { label: w.acts.escape, keys: ['Escape'] }]} />
      <Group title={w.groups.list} lines={lines(inList)} />
      <Group title={w.groups.message} lines={lines(onMessage)} />
      <Group title={w.groups.write} lines={lines(writing)} />
    </Dialog>
  );
}

interface GroupProps {
  title: string;
  lines: readonly { label: string; keys: readonly string[] }[];
}

function Group({ title, lines }: GroupProps) {
  return (
    <section class="shortcuts">
      <h3 class="section">{title}</h3>
      <dl>
        {lines.map(({ label, keys }) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>
              {keys.map((one) => (
                <kbd key={one}>{comboText(one)}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
