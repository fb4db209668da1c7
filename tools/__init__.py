"""What builds, checks and documents the project; nothing here ships in the wheel."""
