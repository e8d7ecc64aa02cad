/** The pages, in the order of the navigation. */
import {
  BellRing,
  CandlestickChart,
  Database,
  LayoutDashboard,
  type LucideIcon,
  Receipt,
  ServerCog,
  Wallet,
} from "lucide-react";

export interface Page {
  readonly path: string;
  readonly name: string;
  readonly icon: LucideIcon;
  /** Whether it has a place in the bar at the foot of a phone. */
  readonly isMain: boolean;
}

export const PAGES: readonly Page[] = [
  { path: "/", name: "Dashboard", icon: LayoutDashboard, isMain: true },
  { path: "/strategies/", name: "Strategies", icon: CandlestickChart, isMain: true },
  { path: "/trades/", name: "Trades", icon: Receipt, isMain: true },
  { path: "/portfolios/", name: "Portfolios", icon: Wallet, isMain: false },
  { path: "/notifications/", name: "Notifications", icon: BellRing, isMain: true },
  { path: "/data/", name: "Data", icon: Database, isMain: false },
  { path: "/system/", name: "System", icon: ServerCog, isMain: false },
];

/** Whether a page is the one being shown; a strategy's own page belongs to the list. */
export function isShown(page: Page, path: string): boolean {
  if (page.path === "/") return path === "/";
  return path.startsWith(page.path) || (page.path === "/strategies/" && path.startsWith("/strategy/"));
}
