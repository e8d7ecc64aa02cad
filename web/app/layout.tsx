/** The frame of every page: fonts, theme, session, and either the sign-in or the dashboard. */
import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./globals.css";

import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { Frame } from "@/components/shell/frame";

export const metadata: Metadata = {
  title: { default: "Tradebase", template: "%s · Tradebase" },
  description: "Algorithmic trading for Indian markets: simulated first, live once earned.",
};

export const viewport: Viewport = {
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f7f9" },
    { media: "(prefers-color-scheme: dark)", color: "#0d1017" },
  ],
};

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en-IN" suppressHydrationWarning>
      <head>
        {/* Before the first paint, or a dark page would flash white. */}
        {/* eslint-disable-next-line @next/next/no-sync-scripts -- see above */}
        <script src="/theme.js" />
      </head>
      <body className="antialiased">
        <Frame>{children}</Frame>
      </body>
    </html>
  );
}
