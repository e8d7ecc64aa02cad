/** The mark: a candle that rises through a base line. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <rect width="32" height="32" rx="9" className="fill-accent" />
      <path d="M7 23.5h18" className="stroke-accent-ink/60" strokeWidth="2" strokeLinecap="round" />
      <path d="M12 9v11M20 6v14" className="stroke-accent-ink" strokeWidth="1.8" strokeLinecap="round" />
      <rect x="9.6" y="12" width="4.8" height="6" rx="1.2" className="fill-accent-ink" />
      <rect x="17.6" y="8.5" width="4.8" height="8.5" rx="1.2" className="fill-accent-ink" />
    </svg>
  );
}
