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


def java_causes(error: BaseException) -> str:
    """Return what a Java exception and its causes say, one a line; others say it themselves."""
    exception = getattr(error, "java_exception", None)
    said: list[str] = []
    while exception is not None and len(said) < 10:
        said.append(str(exception.toString()))
        exception = exception.getCause()
    return "\n".join(said) or str(error)


def explain_java(said: str, java: str, hadoop: str | None) -> str:
    """Say why Hadoop's classes do not work, and which Java they need.

    Parameters
    ----------
    said
        By Java, or by py4j.
    java
        Its version.
    hadoop
        Its version; None where that is not known.
    """
    name = f"Hadoop {hadoop}" if hadoop else "This Hadoop"
    if "getSubject is not supported" in said:
        return (
            f"{name} does not run on Java {java}: it is too old for it. Set JAVA_HOME to the "
            "folder of a Java 17 or 21 (Hadoop 3.4.3 and newer run on Java 25)."
        )
    if "UnsupportedClassVersionError" in said or "class file version" in said:
        return (
            f"{name} does not run on Java {java}: it needs a newer one. Set JAVA_HOME to the "
            "folder of a Java 17 or 21 (Hadoop 3.5 needs 17 or newer)."
        )
    if "Unrecognized option: --add-opens" in said:
        return (
            "Java 8 and older cannot be used. Set JAVA_HOME to the folder of a Java 11, 17 or 21."
        )
    if "ClassNotFoundException" in said or "NoClassDefFoundError" in said or "in the JVM" in said:
        return (
            f"Java {java} does not find Hadoop's classes for YARN: {said.splitlines()[0]}. Check "
            "the class path that `hadoop classpath` prints, or DASK_YARN__CLASSPATH."
        )
    return f"{name} does not work on Java {java}: {said.splitlines()[0] if said else 'no reason'}."
