"""Rules and patched emulator: the core of the suite."""
