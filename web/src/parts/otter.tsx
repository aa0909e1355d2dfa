// The mark.
export function Otter() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="2.6" stroke-linejoin="round">
        <path d="M4 12a5 5 0 0 1 5-6h14a5 5 0 0 1 5 6v4a12 12 0 0 1-24 0z" />
        <path d="m12.5 19.5 3.5 2.8 3.5-2.8" stroke-linecap="round" />
      </g>
      <circle cx="11" cy="13.5" r="2" fill="currentColor" />
      <circle cx="21" cy="13.5" r="2" fill="currentColor" />
    </svg>
  );
}
