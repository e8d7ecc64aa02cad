"use client";

/** The ways between the pages: a column at the left, a bar at the foot of a phone. */
import { Menu, Plus, Settings } from "lucide-react";
import { motion } from "motion/react";
import Link from "next/link";
import { usePathname } from "next/navigation";

import { Logo } from "@/components/shell/logo";
import { isShown, type Page, PAGES } from "@/components/shell/pages";
import { cn } from "@/lib/class-names";
import { useUser } from "@/lib/session";

export function Navigation() {
  const path = usePathname();
  return (
    <nav
      aria-label="Pages"
      className="sticky top-0 hidden h-dvh w-56 shrink-0 flex-col gap-1 border-r p-4 lg:flex"
    >
      <Link href="/" className="mb-5 flex items-center gap-2.5 px-2">
        <Logo className="size-8" />
        <span className="text-[1.05rem] font-semibold tracking-tight">Tradebase</span>
      </Link>
      {PAGES.map((page) => (
        <SideLink key={page.path} page={page} isCurrent={isShown(page, path)} />
      ))}
      <p className="text-muted mt-6 mb-1 px-2.5 text-xs font-medium">Quick actions</p>
      <QuickLink href="/strategies/?new=type" icon={Plus} name="New strategy" />
      <QuickLink href="/notifications/?tab=settings" icon={Settings} name="Settings" />
    </nav>
  );
}

export function TabBar() {
  const path = usePathname();
  return (
    <nav
      aria-label="Main pages"
      className="bg-surface/90 fixed inset-x-0 bottom-0 z-30 flex border-t pb-[env(safe-area-inset-bottom)] backdrop-blur lg:hidden"
    >
      {PAGES.filter((page) => page.isMain).map((page) => (
        <BarLink key={page.path} page={page} isCurrent={isShown(page, path)} />
      ))}
      <MorePages path={path} />
    </nav>
  );
}

function MorePages({ path }: { path: string }) {
  const user = useUser();
  const others = PAGES.filter((page) => !page.isMain);
  const isHere = others.some((page) => isShown(page, path));
  return (
    <details
      key={path}
      className="group relative flex-1"
      onKeyDown={(event) => {
        if (event.key === "Escape") event.currentTarget.open = false;
      }}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) event.currentTarget.open = false;
      }}
    >
      <summary
        className={cn(
          "flex list-none flex-col items-center gap-0.5 py-2 text-[0.65rem]",
          isHere ? "text-accent" : "text-muted",
        )}
      >
        <Menu aria-hidden className="size-5" />
        More
      </summary>
      <div className="bg-surface absolute right-2 bottom-full mb-2 flex w-52 flex-col rounded-lg border p-1 shadow-lg">
        {others.map((page) => (
          <SideLink key={page.path} page={page} isCurrent={isShown(page, path)} />
        ))}
        <QuickLink href="/strategies/?new=type" icon={Plus} name="New strategy" />
        <QuickLink href="/notifications/?tab=settings" icon={Settings} name="Settings" />
        <p className="text-muted truncate border-t px-2.5 py-2 text-xs">{user.email}</p>
      </div>
    </details>
  );
}

function SideLink({ page, isCurrent }: { page: Page; isCurrent: boolean }) {
  const Icon = page.icon;
  return (
    <Link
      href={page.path}
      aria-current={isCurrent ? "page" : undefined}
      className={cn(
        "relative flex items-center gap-2.5 rounded-lg px-2.5 py-2 text-sm transition-colors",
        isCurrent ? "font-medium" : "text-muted hover:text-ink",
      )}
    >
      {isCurrent && (
        <motion.span layoutId="current-page" className="bg-raised absolute inset-0 rounded-lg border" />
      )}
      <Icon aria-hidden className={cn("relative size-4", isCurrent && "text-accent")} />
      <span className="relative">{page.name}</span>
    </Link>
  );
}

function BarLink({ page, isCurrent }: { page: Page; isCurrent: boolean }) {
  const Icon = page.icon;
  return (
    <Link
      href={page.path}
      aria-current={isCurrent ? "page" : undefined}
      className={cn(
        "flex min-w-0 flex-1 flex-col items-center gap-0.5 py-2 text-[0.65rem]",
        isCurrent ? "text-accent" : "text-muted",
      )}
    >
      <Icon aria-hidden className="size-5" />
      <span className="max-w-full truncate px-0.5">{page.name}</span>
    </Link>
  );
}

function QuickLink({ href, icon: Icon, name }: { href: string; icon: Page["icon"]; name: string }) {
  return (
    <Link
      href={href}
      className="text-muted hover:text-ink flex items-center gap-2.5 rounded-lg px-2.5 py-2 text-sm"
    >
      <Icon aria-hidden className="size-4" />
      {name}
    </Link>
  );
}
