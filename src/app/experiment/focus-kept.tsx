import { type ReactNode, useEffect, useRef } from 'react';

interface FocusKeptProps {
  className?: string;
  children: ReactNode;
}

/**
 * Buttons that come in the place of others: where the one that had the focus is gone, the first of these has it. To be
 * given another `key` for each set of them.
 */
export function FocusKept({ className, children }: FocusKeptProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === document.body)
      ref.current?.querySelector<HTMLButtonElement>('button:enabled')?.focus({ preventScroll: true });
  }, []);
  return (
    <div ref={ref} className={className}>
      {children}
    </div>
  );
}
