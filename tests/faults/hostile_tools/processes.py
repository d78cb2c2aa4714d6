"""Tools that end, hang, fork, or leave processes behind. Each function's first word says whether its call succeeds."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

SLEEP = ["sleep", "4242"]


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def fails_exit() -> None:
    """End the process at once."""
    os._exit(0)


def fails_exit_politely() -> None:
    """End the process by an exception."""
    sys.exit(3)


def fails_segfault() -> None:
    """Read where nothing is."""
    ctypes.string_at(0)


def fails_abort() -> None:
    """Abort."""
    os.abort()


def fails_kill_itself() -> None:
    """Die by a signal."""
    os.kill(os.getpid(), signal.SIGKILL)


def fails_stop_itself() -> None:
    """Stand still."""
    os.kill(os.getpid(), signal.SIGSTOP)


def fails_interrupt() -> None:
    """Raise what Ctrl-C raises."""
    raise KeyboardInterrupt


def fails_hang() -> None:
    """Never come back, and ignore every request to end."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(600)


def fails_spin() -> None:
    """Count for ever."""
    while True:
        pass


def fails_wait_for_a_thread() -> None:
    """Wait for a thread that never ends."""
    thread = threading.Thread(target=time.sleep, args=(600,))
    thread.start()
    thread.join()


def fails_kill_its_parent() -> None:
    """Kill the process that watches it, then hang."""
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)


def works_leave_a_thread() -> str:
    """Leave a thread that never ends."""
    threading.Thread(target=time.sleep, args=(600,)).start()
    return "left"


def works_leave_a_process() -> str:
    """Leave a process behind."""
    subprocess.Popen(SLEEP)
    return "left"


def works_leave_a_daemon() -> str:
    """Leave a process behind that has left session and parent."""
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp(SLEEP[0], SLEEP)
        os._exit(0)
    return "left"


def works_leave_many() -> str:
    """Leave forty processes behind."""
    for _ in range(40):
        subprocess.Popen(SLEEP, start_new_session=True)
    return "left"


def works_answer_twice() -> str:
    """Fork, so that two processes come back."""
    os.fork()
    return "once"


def fails_fork_and_exit() -> None:
    """End while a copy that holds every file stays."""
    if os.fork() == 0:
        time.sleep(600)
    os._exit(1)
