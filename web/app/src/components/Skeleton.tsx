import './Skeleton.css';

/** Grey rows where messages will be; visible only after 300 ms, so that a quick answer never flickers. */
export function Skeleton({ rows }: { rows: 2 | 3 }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {[18, 14, 22].slice(0, rows).map((width, index) => (
        <div class="skeleton-row" key={width}>
          <i class="skeleton-face" />
          <div>
            <i class={`skeleton-bar short-${index}`} />
            <i class={`skeleton-bar long-${index}`} />
          </div>
        </div>
      ))}
    </div>
  );
}
