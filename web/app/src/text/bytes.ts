// How many bytes, as people say it.
const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** *284 kB*, in the language of that tag. */
export function bytesText(tag: string, bytes: number): string {
  const step = bytes < 1000 ? 0 : bytes < 999_500 ? 1 : bytes < 999_500_000 ? 2 : 3;
  const value = bytes / 1000 ** step;
  const maximumFractionDigits = step > 1 && value < 100 ? 1 : 0;
  const unit = units[step] ?? 'byte';
  const style = { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits } as const;
  return new Intl.NumberFormat(tag, style).format(value);
}
