// How the page looks in this browser. What is chosen is done by public/theme.js, also before the next first paint.
import { Avatar } from '../components/Avatar.tsx';
import { Segmented } from '../components/Segmented.tsx';
import { words } from '../i18n/language.ts';
import { Switch } from '../parts/Field.tsx';
import { you } from '../state/house.ts';
import { phone } from '../state/screen.ts';
import { changeSettings, type Settings, settings } from '../state/settings.ts';
import { clock } from '../text/time.ts';
import { OrderChoice, ThemeChoice } from './LookChoices.tsx';
import { settingWords } from './words.ts';
import '../components/MessageRow.css';
import './LookPage.css';

const densities: readonly Settings['density'][] = ['comfortable', 'compact'];
const forms: readonly Settings['hours'][] = ['auto', 'h23', 'h12'];

export function LookPage() {
  const w = settingWords();
  const { density, hours, contrast, still } = settings.value;
  return (
    <div class="look">
      <p class="lead">{w.here}</p>
      <ThemeChoice />
      <Switch
        label={w.contrast}
        checked={contrast}
        onChange={(on) => changeSettings({ contrast: on })}
      />
      <Segmented
        label={w.density}
        name="density"
        value={density}
        choices={densities.map((one) => ({ value: one, label: w.densities[one] }))}
        onChoose={(value) => changeSettings({ density: value })}
      />
      <TextSize />
      <Segmented
        label={w.hours}
        name="hours"
        value={hours}
        choices={forms.map((one) => ({ value: one, label: w.hoursOf[one] }))}
        onChoose={(value) => changeSettings({ hours: value })}
      />
      <Sample />
      <OrderChoice />
      <div>
        <Switch label={w.still} checked={still} onChange={(on) => changeSettings({ still: on })} />
        <p class="hint">{w.stillHint}</p>
      </div>
    </div>
  );
}

/** From 14 to 20; everything else grows and shrinks with the letters of messages. */
function TextSize() {
  const w = settingWords();
  const { text } = settings.value;
  const shown = text ?? (phone.value ? 16 : 15);
  return (
    <div class="text-size">
      <label for="text-size">{w.text}</label>
      <input
        id="text-size"
        type="range"
        min={14}
        max={20}
        step={1}
        value={shown}
        aria-valuetext={w.textValue(shown)}
        onInput={(event) => changeSettings({ text: event.currentTarget.valueAsNumber })}
      />
      <output for="text-size">{w.textValue(shown)}</output>
      <button
        type="button"
        class="text-button"
        aria-disabled={text === undefined}
        onClick={() => changeSettings({ text: undefined })}
      >
        {w.textUsual}
      </button>
    </div>
  );
}

/** Two messages as they stand in a room. */
function Sample() {
  const t = words();
  const w = settingWords();
  const time = clock(t.tag, sampleAt);
  return (
    <figure class="sample">
      <figcaption>{w.preview}</figcaption>
      <div class="message first">
        <Avatar person={{ id: you.value?.id ?? '', name: w.previewName }} />
        <div class="message-main">
          <p class="message-by">
            <b>{w.previewName}</b>
            <time>{time}</time>
          </p>
          <div class="message-text">
            <p>{w.previewText}</p>
          </div>
        </div>
      </div>
      <div class="message">
        <span />
        <div class="message-main message-text">
          <p>{w.previewMore}</p>
        </div>
      </div>
    </figure>
  );
}

/** In the evening, where the two forms of hours differ. */
const sampleAt = new Date(2026, 10, 22, 21, 47).getTime();
