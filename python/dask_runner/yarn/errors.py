"""What goes wrong on YARN, in words for people."""

from __future__ import annotations


class YarnError(RuntimeError):
    """Something cannot be had from YARN.

    Parameters
    ----------
    message
        What happened, why, and what to do next.
    """


class HadoopNotFoundError(YarnError):
    """There is no Hadoop on the machine."""


def java_message(error: BaseException) -> str:
    """Return what a Java exception says, without its stack."""
    exception = getattr(error, "java_exception", None)
    text = str(error if exception is None else exception.toString())
    first = text.strip().partition("\n")[0]
    name, colon, message = first.partition(": ")
    return message if colon and name.startswith(("org.apache.", "java.")) else first
