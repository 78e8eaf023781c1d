// How one writes, and how one is told: the composer, and screen readers.
import { Button } from '../components/Button.tsx';
import { Switch } from '../parts/Field.tsx';
import { show } from '../state/overlay.ts';
import { changeSettings, type Settings, settings } from '../state/settings.ts';
import { EnterChoice } from './LookChoices.tsx';
import { Radios } from './Radios.tsx';
import { settingWords } from './words.ts';
import './LookPage.css';

export function ComposerPage() {
  const w = settingWords();
  const { typing, tells } = settings.value;
  return (
    <div class="look">
      <p class="lead">{w.here}</p>
      <div>
        <EnterChoice />
        <p class="hint">{w.enterHint}</p>
      </div>
      <Switch label={w.typing} checked={typing} onChange={(on) => changeSettings({ typing: on })} />
      <Switch label={w.tells} checked={tells} onChange={(on) => changeSettings({ tells: on })} />
    </div>
  );
}

const announced: readonly Settings['announce'][] = ['auto', 'all', 'me', 'nothing'];

export function AccessPage() {
  const w = settingWords();
  const { announce, captions } = settings.value;
  return (
    <div class="look">
      <p class="lead">{w.here}</p>
      <Radios
        label={w.announce}
        name="announce"
        value={announce}
        choices={announced.map((value) => ({
          value,
          label: w.announced[value],
          hint: w.announcedHint[value],
        }))}
        onChoose={(value) => changeSettings({ announce: value })}
      />
      <div>
        <Switch
          label={w.captions}
          checked={captions}
          onChange={(on) => changeSettings({ captions: on })}
        />
        <p class="hint">{w.captionsHint}</p>
      </div>
      <p class="hint">{w.lookToo}</p>
      <p class="hint">{w.keysToo}</p>
      <div class="actions">
        <Button onPress={() => show({ kind: 'shortcuts' })}>{w.keysShow}</Button>
      </div>
    </div>
  );
}
