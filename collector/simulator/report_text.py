"""The credential report as text: header, rows, and how they are written down (facts F1.1)."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

# AWS's own header of 2026-09, in AWS's order (facts F1.2). Written out here, not taken from `schema`: the simulator
# must not agree with the collector by construction.
HEADER = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
)

ROOT_NAME = "<root_account>"


@dataclass(frozen=True, slots=True)
class ReportText:
    """A report before it is bytes. AWS writes LF, no last newline, no mark, and no sample shows quoting.

    `quotes_commas` quotes a value that holds a comma (how AWS writes one is not known); `literal` replaces everything.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    line_end: str = "\n"
    has_last_line_end: bool = False
    has_byte_order_mark: bool = False
    quotes_commas: bool = True
    literal: bytes | None = None

    @classmethod
    def parse(cls, content: bytes) -> ReportText:
        """Read a report that was given as bytes, so that a fault can be applied to it."""
        lines = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
        return cls(tuple(lines[0]) if lines else (), tuple(tuple(line) for line in lines[1:]))

    def encode(self) -> bytes:
        """The report as it goes over the wire, before base64."""
        if self.literal is not None:
            return self.literal
        lines = (self.header, *self.rows)
        if self.quotes_commas and any("," in value or '"' in value for line in lines for value in line):
            buffer = io.StringIO(newline="")
            csv.writer(buffer, lineterminator=self.line_end).writerows(lines)
            text = buffer.getvalue().removesuffix(self.line_end)
        else:
            text = self.line_end.join([",".join(line) for line in lines])
        if self.has_last_line_end:
            text += self.line_end
        return text.encode("utf-8-sig" if self.has_byte_order_mark else "utf-8")
