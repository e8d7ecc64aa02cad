"use client";
export default function Dashboard() {
  return <p>…</p>;
}
