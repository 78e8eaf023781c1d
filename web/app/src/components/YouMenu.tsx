import { useState } from 'preact/hooks';
import { words } from '../i18n/language.ts';
import { you } from '../state/house.ts';
import { changeSettings, settings } from '../state/settings.ts';
import { leaveHouse } from '../state/visit.ts';
import { Avatar } from './Avatar.tsx';
import { Button } from './Button.tsx';
import { Icon } from './Icon.tsx';
import { Segmented } from './Segmented.tsx';
import './YouMenu.css';

/** You, at the foot of the sidebar; pressing it opens theme, language, the Enter key and the way out. */
export function YouMenu() {
  const t = words();
  const person = you.value;
  if (person === undefined) return <div class="you" />;
  return (
    <div class="you">
      <button type="button" class="you-button" popovertarget="you-menu">
        <Avatar person={person} here />
        <span class="you-name">
          <b>{person.name}</b>
          <small>{t.hereNow}</small>
        </span>
        <span class="sr">{t.menuYou}</span>
        <Icon name="gear" />
      </button>
      <YouPopover />
    </div>
  );
}

function YouPopover() {
  const t = words();
  const { theme, language, enter } = settings.value;
  const [asked, setAsked] = useState(false);
  return (
    <div
      id="you-menu"
      class="you-menu"
      popover="auto"
      role="dialog"
      aria-label={t.menuYou}
      onToggle={() => setAsked(false)}
    >
      <Segmented
        label={t.menuTheme}
        name="theme"
        value={theme}
        choices={[
          { value: 'system', label: t.menuThemeSystem },
          { value: 'light', label: t.menuThemeLight },
          { value: 'dark', label: t.menuThemeDark },
        ]}
        onChoose={(value) => changeSettings({ theme: value })}
      />
      <Segmented
        label={t.menuLanguage}
        name="language"
        value={language}
        choices={[
          { value: 'en', label: 'English', lang: 'en' },
          { value: 'zh', label: '中文', lang: 'zh-CN' },
        ]}
        onChoose={(value) => changeSettings({ language: value })}
      />
      <Segmented
        label={t.menuEnter}
        name="enter"
        value={enter}
        choices={[
          { value: 'auto', label: t.menuEnterAuto },
          { value: 'always', label: t.menuEnterAlways },
          { value: 'never', label: t.menuEnterNever },
        ]}
        onChoose={(value) => changeSettings({ enter: value })}
      />
      <Leaving asked={asked} onAsk={setAsked} />
    </div>
  );
}

/** The way out, asked once. */
function Leaving({ asked, onAsk }: { asked: boolean; onAsk: (asked: boolean) => void }) {
  const t = words();
  if (!asked) {
    return (
      <div class="you-out">
        <button type="button" class="text-button" onClick={() => onAsk(true)}>
          {t.menuLeave}
        </button>
        <a class="text-button" href="/licenses.txt" target="_blank" rel="noopener">
          {t.menuLicences}
        </a>
      </div>
    );
  }
  return (
    <div class="you-ask">
      <p>{t.menuLeaveAsk}</p>
      <Button onPress={() => void leaveHouse()}>{t.menuLeave}</Button>
      <Button primary onPress={() => onAsk(false)}>
        {t.menuLeaveStay}
      </Button>
    </div>
  );
}
