import type { NextConfig } from "next";

/** A static export: no server of ours stands between the browser and Supabase. */
const nextConfig: NextConfig = {
  output: "export",
  trailingSlash: true,
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
};

export default nextConfig;
