import next from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";

const config = [
  ...next,
  ...typescript,
  { ignores: [".next/**", "out/**", "next-env.d.ts", "lib/database.types.ts"] },
  {
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      eqeqeq: "error",
      "no-restricted-imports": [
        "error",
        {
          paths: [
            {
              name: "@supabase/supabase-js",
              message: "Tables are queried in lib/tables/, channels are opened in lib/live/.",
              allowTypeImports: true,
            },
          ],
        },
      ],
    },
  },
  { files: ["lib/supabase.ts"], rules: { "no-restricted-imports": "off" } },
];

export default config;
