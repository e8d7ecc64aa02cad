/** The page's colours in a form the chart library can read (it does not know oklch). */

/** "rgba(…)" of a colour token such as "--gain", as it is now. */
export function chartColour(token: string, opacity = 1): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(token).trim();
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null) return `rgba(128, 128, 128, ${opacity})`;
  context.fillStyle = value;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}
