"use client";

/** Code to edit, its lines numbered as the findings name them. */
import { type ReactNode, useRef } from "react";

import { TextArea } from "@/components/ui/field";

interface CodeEditorProps {
  label: string;
  value: string;
  onChange: (source: string) => void;
  /** Lines in sight; the others are scrolled to. */
  lines: number;
  hint?: ReactNode;
  error?: string | undefined;
}

export function CodeEditor({ label, value, onChange, lines, hint, error }: CodeEditorProps) {
  const numbers = useRef<HTMLPreElement>(null);
  const numbered = value.split("\n").map((_, line) => line + 1);
  // Lines of 1.25 rem between paddings of 0.75 rem, and the frame.
  const height = `calc(${lines} * 1.25rem + 1.5rem + 2px)`;
  return (
    <div className="relative">
      <TextArea
        label={label}
        value={value}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        style={{ height }}
        onChange={(event) => onChange(event.target.value)}
        onScroll={(event) => {
          if (numbers.current !== null) numbers.current.scrollTop = event.currentTarget.scrollTop;
        }}
        className="[&_textarea]:resize-none [&_textarea]:pl-11 [&_textarea]:font-mono [&_textarea]:text-xs [&_textarea]:leading-5"
        hint={hint}
        error={error}
      />
      <pre
        ref={numbers}
        aria-hidden
        style={{ height: `calc(${height} - 2px)` }}
        className="text-muted pointer-events-none absolute top-px left-px w-9 overflow-hidden border-r py-3 pr-2 text-right font-mono text-xs leading-5 select-none"
      >
        {numbered.join("\n")}
      </pre>
    </div>
  );
}
