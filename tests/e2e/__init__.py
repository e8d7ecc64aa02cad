"""The system as a whole: what a browser sees of what the simulator sends."""
