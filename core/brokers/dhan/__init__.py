"""DhanHQ v2 as pure data: packet layouts, the instrument master and recordings."""
