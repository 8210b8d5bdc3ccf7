"""Runs a command on a pseudo-terminal and types an answer when it is asked.

    answer_on_terminal.py PROMPT ANSWER COMMAND...

Prints what the command printed; exits with its status.
"""

import os
import pty
import sys

prompt, answer, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen, answered = b"", False
while True:
    try:
        data = os.read(terminal, 4096)
    except OSError:  # the command has ended
        break
    if not data:
        break
    seen += data
    if prompt.encode() in seen and not answered:
        answered = True
        os.write(terminal, answer.encode() + b"\n")
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
