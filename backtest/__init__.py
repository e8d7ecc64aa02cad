"""The engine over history: candle files, tick files and recordings in, trades out."""
