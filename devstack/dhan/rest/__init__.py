"""The REST side of the simulator: one file per resource of Dhan's API, and the control endpoint."""
