"use client";

/** What it holds comes into focus when it is first seen; where motion is reduced, it is there. */
import { motion, useReducedMotion, type Variants } from "motion/react";
import type { ReactNode } from "react";

interface BlurFadeProps {
  children: ReactNode;
  className?: string;
  duration?: number;
  delay?: number;
  offset?: number;
  direction?: "up" | "down" | "left" | "right";
  blur?: string;
}

export function BlurFade({
  children,
  className,
  duration = 0.35,
  delay = 0,
  offset = 8,
  direction = "up",
  blur = "5px",
}: BlurFadeProps) {
  const isStill = useReducedMotion();
  const axis = direction === "left" || direction === "right" ? "x" : "y";
  const start = direction === "right" || direction === "down" ? -offset : offset;
  const variants: Variants = {
    hidden: { [axis]: start, opacity: 0, filter: `blur(${blur})` },
    visible: { [axis]: 0, opacity: 1, filter: "blur(0px)" },
  };
  return (
    <motion.div
      initial={isStill ? false : "hidden"}
      animate="visible"
      variants={variants}
      transition={{ delay: 0.02 + delay, duration, ease: "easeOut" }}
      {...(className === undefined ? {} : { className })}
    >
      {children}
    </motion.div>
  );
}
