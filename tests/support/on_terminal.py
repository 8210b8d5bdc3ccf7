"""Runs a command on a pseudo-terminal and prints what it prints, as it comes.

    on_terminal.py COMMAND...

Exits with its status.
"""

import os
import pty
import sys

command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # the command has ended
        break
    if not data:
        break
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
