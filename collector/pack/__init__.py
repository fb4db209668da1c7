"""The evidence pack of a snapshot: a zip for an auditor, which `sha256sum` alone can check."""
