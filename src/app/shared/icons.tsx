/** The page's few drawings, 1 px lines in the text's colour. All are decorative: words stand next to them. */

export function Mark() {
  return (
    <svg width="22" height="20" viewBox="0 0 22 20" aria-hidden="true">
      <rect x="1" y="1" width="5" height="18" rx="1.2" fill="var(--accent)" />
      <rect x="8" y="1" width="13" height="5" rx="1.2" fill="var(--accent)" />
      <rect
        x="8.5"
        y="8.5"
        width="12"
        height="10"
        rx="1.2"
        fill="none"
        stroke="var(--base)"
        strokeDasharray="2 2"
      />
    </svg>
  );
}

export function Lock() {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" aria-hidden="true">
      <rect x="2" y="5" width="8" height="6" rx="1" />
      <path d="M4 5V3.5a2 2 0 0 1 4 0V5" />
    </svg>
  );
}

export function Theme() {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
      <circle cx="7" cy="7" r="5.5" fill="none" stroke="currentColor" />
      <path d="M7 1.5a5.5 5.5 0 0 0 0 11z" fill="currentColor" />
    </svg>
  );
}

export function Board() {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M0.5 2.5h13M1.5 2.5v6.5h11v-6.5M7 9v1.5M7 10.5l-2.5 3M7 10.5l2.5 3" />
    </svg>
  );
}

export function Caret({ open }: { open: boolean }) {
  return (
    <svg width="8" height="8" viewBox="0 0 8 8" fill="currentColor" aria-hidden="true">
      {open ? <path d="M0.5 2h7L4 6.5z" /> : <path d="M2 0.5v7L6.5 4z" />}
    </svg>
  );
}

export function Bars() {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">
      <rect x="1" y="0.5" width="3" height="9" />
      <rect x="6" y="0.5" width="3" height="9" />
    </svg>
  );
}

export function Square() {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">
      <rect x="0.5" y="0.5" width="9" height="9" />
    </svg>
  );
}

export function Play() {
  return (
    <svg width="10" height="10" viewBox="0 0 10 10" fill="currentColor" aria-hidden="true">
      <path d="M2 0.5v9l7-4.5z" />
    </svg>
  );
}

export function Cross() {
  return (
    <svg
      width="10"
      height="10"
      viewBox="0 0 10 10"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      aria-hidden="true"
    >
      <path d="M1.5 1.5l7 7M8.5 1.5l-7 7" />
    </svg>
  );
}

export function Pencil() {
  return (
    <svg width="12" height="12" viewBox="0 0 12 12" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M8 1.5l2.5 2.5L4 10.5l-2.8.3.3-2.8zM6.8 2.7l2.5 2.5" strokeLinejoin="round" />
    </svg>
  );
}

export function Arrow({ back = false }: { back?: boolean }) {
  return (
    <svg
      width="8"
      height="10"
      viewBox="0 0 8 10"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.3"
      aria-hidden="true"
    >
      {back ? <path d="M5.5 1.5L2 5l3.5 3.5" /> : <path d="M2.5 1.5L6 5 2.5 8.5" />}
    </svg>
  );
}
