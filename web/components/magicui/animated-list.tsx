"use client";

/** Items that slide in at the top and make room for each other. */
import { AnimatePresence, motion, useReducedMotion } from "motion/react";
import { Children, type ComponentPropsWithoutRef, isValidElement, type ReactNode } from "react";

import { cn } from "@/lib/class-names";

export function AnimatedListItem({ children }: { children: ReactNode }) {
  const isStill = useReducedMotion();
  return (
    <motion.li
      layout
      initial={isStill ? false : { opacity: 0, y: -12, scale: 0.97 }}
      animate={{ opacity: 1, y: 0, scale: 1 }}
      {...(isStill ? {} : { exit: { opacity: 0, scale: 0.97 } })}
      transition={{ type: "spring", stiffness: 350, damping: 40 }}
      className="w-full"
    >
      {children}
    </motion.li>
  );
}

/** Shows its children, newest first, as they come; each needs a key. */
export function AnimatedList({ children, className, ...props }: ComponentPropsWithoutRef<"ul">) {
  return (
    <ul className={cn("flex flex-col gap-2", className)} {...props}>
      <AnimatePresence initial={false}>
        {Children.toArray(children).map((child) => (
          <AnimatedListItem key={isValidElement(child) ? child.key : String(child)}>
            {child}
          </AnimatedListItem>
        ))}
      </AnimatePresence>
    </ul>
  );
}
