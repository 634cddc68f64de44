"""Runs a command on a terminal of its own: writes each answer once its question is on the screen.

stdin: JSON {"words": [...], "env": {...}, "columns": n, "answers": [[question, keys], ...]}
stdout: JSON {"exit": n, "screen": text, "stdout": text}; stdout is a pipe when "piped" is true.
"""
import fcntl, json, os, pty, select, struct, sys, termios, time

given = json.load(sys.stdin)
pipe = os.pipe()
child, terminal = pty.fork()
if child == 0:
    if given.get("piped"):
        os.dup2(pipe[1], 1)
    os.close(pipe[0])
    os.execve(given["words"][0], given["words"], given["env"])
os.close(pipe[1])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, given["columns"], 0, 0))
screen, seen, answers, ends = b"", 0, list(given["answers"]), time.time() + 45
while time.time() < ends:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        screen += chunk
    if answers and answers[0][0].encode() in screen[seen:]:
        seen = len(screen)
        time.sleep(0.3)
        os.write(terminal, answers.pop(0)[1].encode())
out = b""
if given.get("piped"):
    while chunk := os.read(pipe[0], 65536):
        out += chunk
_, status = os.waitpid(child, 0)
exit_status = os.waitstatus_to_exitcode(status)
json.dump({"exit": exit_status, "screen": screen.decode(), "stdout": out.decode()}, sys.stdout)
