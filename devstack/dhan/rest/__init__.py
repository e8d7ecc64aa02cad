"""The REST side of the simulator: a file per resource of Dhan's API, and the control endpoint."""
