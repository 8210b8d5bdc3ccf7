#!/usr/bin/env python3
"""spec-kitty from Python by its C functions: emit.py HOME [libspec_kitty.so.0]"""
import ctypes
import json
import sys


class Problem(ctypes.Structure):
    _fields_ = [("code", ctypes.c_char * 32), ("message", ctypes.c_char * 480), ("hint", ctypes.c_char * 256)]


class SpecKittyError(Exception):
    pass


class Client:
    def __init__(self, library, **options):
        self.lib, self.handle = ctypes.CDLL(library), ctypes.c_void_p()
        self.call("open", json.dumps(options).encode(), ctypes.byref(self.handle))

    def call(self, name, *arguments):
        problem = Problem()
        if getattr(self.lib, "spec_kitty_" + name)(*arguments, ctypes.byref(problem)) != 0:
            raise SpecKittyError(f"{problem.code.decode()}: {problem.message.decode(errors='replace')}")

    def emit(self, event_type, **payload):
        event_id = ctypes.create_string_buffer(27)
        self.call("emit", self.handle, json.dumps({"event_type": event_type, "payload": payload}).encode(), event_id)
        return event_id.value.decode()

    def status(self):
        text = ctypes.c_void_p()
        self.call("status", self.handle, ctypes.byref(text))
        status = json.loads(ctypes.string_at(text))
        self.lib.spec_kitty_free(text)
        return status

    def flush(self, seconds):
        self.call("flush", self.handle, int(seconds * 1000))

    def close(self, seconds=10):
        handle, self.handle = self.handle, None
        self.call("close", handle, int(seconds * 1000))


if __name__ == "__main__":
    client = Client(sys.argv[2] if len(sys.argv) > 2 else "libspec_kitty.so.0", home=sys.argv[1])
    print(client.emit("HistoryAdded", wp_id="WP01", entry_type="note", entry_content="hello from Python"))
    try:
        client.emit("HistoryAdded", wp_id="WP1", entry_type="note", entry_content="nobody")
    except SpecKittyError as refused:
        print("refused:", refused)
    client.flush(10)
    print(json.dumps(client.status()))
    client.close()
