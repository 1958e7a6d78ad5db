import type { ReactNode } from 'react';

interface SidewaysProps {
  label: string;
  className: string;
  children: ReactNode;
}

/** A part that may be wider than its place: it scrolls sideways, by keyboard too. */
export function Sideways({ label, className, children }: SidewaysProps) {
  return (
    <section
      className={className}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: without the focus no key scrolls it
      tabIndex={0}
    >
      {children}
    </section>
  );
}
