import { Segmented } from '../components/Segmented.tsx';
import { partWords } from '../parts/words.ts';
import { orderNow } from '../state/order.ts';
import { changeSettings, settings } from '../state/settings.ts';

/** How the rooms are ordered, where one's list of them stands. */
export function OrderChoice() {
  const p = partWords();
  return (
    <Segmented
      label={p.order}
      name="order"
      value={orderNow()}
      choices={[
        { value: 'name', label: p.orderName },
        { value: 'newest', label: p.orderNewest },
      ]}
      onChoose={(value) => changeSettings({ order: value })}
    />
  );
}

/** Theme, language and the Enter key, for this browser. */
export function LookChoices() {
  return (
    <>
      <ThemeChoice />
      <LanguageChoice />
      <EnterChoice />
    </>
  );
}

/** By day, by night, or as the system has it. */
export function ThemeChoice() {
  const p = partWords();
  return (
    <Segmented
      label={p.menuTheme}
      name="theme"
      value={settings.value.theme}
      choices={[
        { value: 'system', label: p.menuThemeSystem },
        { value: 'light', label: p.menuThemeLight },
        { value: 'dark', label: p.menuThemeDark },
      ]}
      onChoose={(value) => changeSettings({ theme: value })}
    />
  );
}

/** Whether Enter sends. */
export function EnterChoice() {
  const p = partWords();
  return (
    <Segmented
      label={p.menuEnter}
      name="enter"
      value={settings.value.enter}
      choices={[
        { value: 'auto', label: p.menuEnterAuto },
        { value: 'always', label: p.menuEnterAlways },
        { value: 'never', label: p.menuEnterNever },
      ]}
      onChoose={(value) => changeSettings({ enter: value })}
    />
  );
}

export function LanguageChoice() {
  return (
    <Segmented
      label={partWords().menuLanguage}
      name="language"
      value={settings.value.language}
      choices={[
        { value: 'en', label: 'English', lang: 'en' },
        { value: 'zh', label: '中文', lang: 'zh-CN' },
      ]}
      onChoose={(value) => changeSettings({ language: value })}
    />
  );
}
