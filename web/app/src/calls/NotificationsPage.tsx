import * as api from '@teahouse/sdk/api';
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../components/Button.tsx';
import { FieldError } from '../components/FieldError.tsx';
import { words } from '../i18n/language.ts';
import { useAct, useAsked } from '../parts/asked.ts';
import { Field, Switch } from '../parts/Field.tsx';
import { Waiting } from '../parts/Waiting.tsx';
import { house } from '../state/house.ts';
import { tell } from '../state/overlay.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { clock } from '../text/time.ts';
import { type Can, can, turnOff, turnOn, watchDevice } from './device.ts';
import { callWords } from './words.ts';

const hour_ms = 60 * 60 * 1000;

/** When and how one is told: on this device, and everywhere. */
export function NotificationsPage() {
  useEffect(() => watchDevice(), []);
  return (
    <>
      <Device />
      <Everywhere />
      <Sounds />
    </>
  );
}

function Device() {
  const w = callWords();
  const { act, busy, fault } = useAct();
  const state = can.value;
  const told: Record<Can, string> = {
    on: w.on,
    off: w.off,
    denied: w.denied,
    unsupported: w.unsupported,
    insecure: w.insecure,
    apple: w.apple,
  };
  const test = () => act(async () => tell(w.tested((await api.pushTest(house())).taken)));
  return (
    <>
      <h2>{w.browser}</h2>
      <p class="lead" role="status">
        {told[state]}
      </p>
      <FieldError id="notify-error" text={fault} />
      <div class="actions">
        {state === 'off' && (
          <Button primary onPress={() => void turnOn()}>
            {w.turnOn}
          </Button>
        )}
        {state === 'on' && <Button onPress={() => void turnOff()}>{w.turnOff}</Button>}
        {state === 'on' && (
          <button type="button" class="button" aria-disabled={busy} onClick={() => void test()}>
            {w.test}
          </button>
        )}
      </div>
    </>
  );
}

function Everywhere() {
  const asked = useAsked(() => api.quiet(house()));
  if (asked.value === undefined) return <Waiting asked={asked} />;
  return <Wishes key={JSON.stringify(asked.value)} wish={asked.value} onChange={asked.set} />;
}

interface WishesProps {
  wish: api.Quiet;
  onChange: (wish: api.Quiet) => void;
}

function Wishes({ wish, onChange }: WishesProps) {
  const w = callWords();
  const t = words();
  const { act, fault } = useAct();
  const [from, setFrom] = useState(wish.quiet?.from ?? '22:00');
  const [to, setTo] = useState(wish.quiet?.to ?? '07:00');
  const change = (v: Partial<api.Quiet>) =>
    act(async () => onChange(await api.changeQuiet(house(), v)));
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const keep = (begin: string, end: string) =>
    wish.quiet !== null && change({ quiet: { from: begin, to: end, zone } });
  const paused = (wish.paused_until ?? 0) > Date.now() ? wish.paused_until : null;
  return (
    <>
      <h2>{w.pause}</h2>
      {paused !== null && <p class="lead">{w.pausedUntil(clock(t.tag, paused))}</p>}
      <div class="actions">
        {paused === null ? (
          <>
            <Button onPress={() => void change({ paused_until: Date.now() + hour_ms })}>
              {w.pauseHour}
            </Button>
            <Button onPress={() => void change({ paused_until: tomorrow() })}>{w.pauseDay}</Button>
          </>
        ) : (
          <Button onPress={() => void change({ paused_until: null })}>{w.pauseEnd}</Button>
        )}
      </div>
      <h2>{w.quiet}</h2>
      <p class="lead">{w.quietLead}</p>
      <Switch
        label={w.quiet}
        checked={wish.quiet !== null}
        onChange={(on) => void change({ quiet: on ? { from, to, zone } : null })}
      />
      {wish.quiet !== null && (
        <div class="actions">
          <Time label={w.from} value={from} onInput={setFrom} onKeep={(time) => keep(time, to)} />
          <Time label={w.to} value={to} onInput={setTo} onKeep={(time) => keep(from, time)} />
        </div>
      )}
      <Switch
        label={w.hideText}
        checked={wish.hide_text}
        onChange={(on) => void change({ hide_text: on })}
      />
      <FieldError id="quiet-error" text={fault} />
    </>
  );
}

interface TimeProps {
  label: string;
  value: string;
  onInput: (time: string) => void;
  onKeep: (time: string) => void;
}

function Time({ label, value, onInput, onKeep }: TimeProps) {
  return (
    <Field label={label}>
      {(id) => (
        <input
          class="text-field"
          type="time"
          required
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
          onBlur={(event) => event.currentTarget.value !== '' && onKeep(event.currentTarget.value)}
          {...id}
        />
      )}
    </Field>
  );
}

/** Eight in the morning of the next day. */
function tomorrow(): number {
  const date = new Date();
  date.setDate(date.getDate() + 1);
  return date.setHours(8, 0, 0, 0);
}

function Sounds() {
  const w = callWords();
  const { cup, tap } = settings.value;
  return (
    <>
      <h2>{w.sounds}</h2>
      <Switch
        label={w.cup}
        checked={cup !== false}
        onChange={(on) => changeSettings({ cup: on })}
      />
      <Switch label={w.tap} checked={tap === true} onChange={(on) => changeSettings({ tap: on })} />
    </>
  );
}
