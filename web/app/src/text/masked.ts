// Whether the text of a link pretends to be another address than the one it opens.

const host = /^(?:[a-z]+:\/\/)?(?:www\.)?((?:[\p{L}\p{N}-]+\.)+\p{L}{2,})(?::\d+)?(?:[/?#@].*)?$/iu;
/** `README.md` is a file, not a house on Moldova's domain. */
const file = /\.(?:css|html?|jpe?g|js|json|md|pdf|png|py|rs|sh|toml|tsx?|txt|webp|ya?ml|zip)$/i;

export function isMasked(said: string, href: string): boolean {
  const shown = host.exec(said.trim())?.[1]?.toLowerCase();
  if (shown === undefined || (file.test(shown) && !/[/:]/.test(said))) return false;
  const { hostname, pathname, protocol } = new URL(href);
  const real = protocol === 'mailto:' ? (pathname.split('@').at(-1) ?? '') : hostname;
  const told = URL.canParse(`http://${shown}`) ? new URL(`http://${shown}`).hostname : shown;
  return real !== told && !real.endsWith(`.${told}`);
}
