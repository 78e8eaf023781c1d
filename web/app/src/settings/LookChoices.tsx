import { Segmented } from '../components/Segmented.tsx';
import { words } from '../i18n/language.ts';
import { changeSettings, settings } from '../state/settings.ts';

/** Theme, language and the Enter key, for this browser. */
export function LookChoices() {
  const t = words();
  const { theme, language, enter } = settings.value;
  return (
    <>
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
    </>
  );
}
