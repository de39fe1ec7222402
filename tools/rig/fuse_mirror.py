#!/usr/bin/python3 -B
"""A file system whose server is this process: it shows a folder, read-only, and caches nothing.

    fuse_mirror.py FOLDER MOUNTPOINT      root only; needs /dev/fuse

Stopped (SIGSTOP), it is what a network file system is whose server has gone: every call on it hangs, and the kernel
will not let the caller go but by SIGKILL. It speaks the kernel's own protocol (linux/fuse.h), version 7.31.
"""

import ctypes
import errno
import os
import pathlib
import struct
import sys

_LOOKUP, _FORGET, _GETATTR, _OPEN, _READ, _STATFS, _RELEASE = 1, 2, 3, 14, 15, 17, 18
_FLUSH, _INIT, _OPENDIR, _READDIR, _RELEASEDIR, _INTERRUPT, _BATCH_FORGET = 25, 26, 27, 28, 29, 36, 42
_UNANSWERED = (_FORGET, _INTERRUPT, _BATCH_FORGET)

_IN = struct.Struct("=IIQQIIII")   # length, opcode, unique, node, uid, gid, pid, padding
_OUT = struct.Struct("=IiQ")       # length, error, unique
_READ_IN = struct.Struct("=QQII")  # handle, offset, size, flags
_ATTR = struct.Struct("=QQQQQQIIIIIIIIII")
_DIRECT_IO = 1
_READ_BYTES = 1 << 20
_NOSUID_NODEV_READ_ONLY = 2 | 4 | 1


def mount(device: int, point: pathlib.Path) -> None:
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"mirror", os.fsencode(point), b"fuse", _NOSUID_NODEV_READ_ONLY, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(point))


class Mirror:
    def __init__(self, folder: pathlib.Path):
        self._paths = {1: folder}
        self._nodes = {folder: 1}
        self._answers = {_INIT: self._init, _LOOKUP: self._lookup, _GETATTR: self._getattr, _OPEN: self._open,
                         _OPENDIR: self._open, _READ: self._read, _READDIR: self._readdir, _STATFS: self._statfs,
                         _RELEASE: self._nothing, _RELEASEDIR: self._nothing, _FLUSH: self._nothing}

    def serve(self, device: int) -> None:
        """Until the file system is unmounted."""
        while True:
            try:
                request = os.read(device, _READ_BYTES + 4096)
            except InterruptedError:
                continue
            except OSError as error:
                if error.errno in (errno.ENODEV, errno.ECONNABORTED):
                    return
                if error.errno != errno.ENOENT:  # the caller was killed before its request was read
                    raise
                continue
            self._serve(device, request)

    def _serve(self, device: int, request: bytes) -> None:
        _, opcode, unique, node, *_ = _IN.unpack_from(request)
        if opcode in _UNANSWERED:
            return
        try:
            if opcode not in self._answers:
                raise OSError(errno.ENOSYS, "")
            error, data = 0, self._answers[opcode](node, request[_IN.size:])
        except OSError as problem:
            error, data = -(problem.errno or errno.EIO), b""
        try:
            os.write(device, _OUT.pack(_OUT.size + len(data), error, unique) + data)
        except FileNotFoundError:
            pass  # the caller was killed meanwhile

    def _init(self, _node: int, data: bytes) -> bytes:
        readahead = struct.unpack_from("=III", data)[2]
        return struct.pack("=IIIIHHIIHHI28x", 7, 31, readahead, 0, 12, 9, 4096, 1, 0, 0, 0)

    def _lookup(self, node: int, data: bytes) -> bytes:
        path = self._paths[node] / os.fsdecode(data.rstrip(b"\0"))
        attributes = self._attributes(path)
        number = self._nodes.setdefault(path, len(self._nodes) + 1)
        self._paths[number] = path
        return struct.pack("=QQQQII", number, 0, 0, 0, 0, 0) + attributes

    def _getattr(self, node: int, _data: bytes) -> bytes:
        return struct.pack("=QII", 0, 0, 0) + self._attributes(self._paths[node])

    def _open(self, node: int, _data: bytes) -> bytes:
        self._attributes(self._paths[node])
        return struct.pack("=QIi", 0, _DIRECT_IO, 0)

    def _read(self, node: int, data: bytes) -> bytes:
        _, offset, size, _ = _READ_IN.unpack_from(data)
        with open(self._paths[node], "rb") as file:
            return os.pread(file.fileno(), min(size, _READ_BYTES), offset)

    def _readdir(self, node: int, data: bytes) -> bytes:
        _, offset, size, _ = _READ_IN.unpack_from(data)
        entries = b""
        for number, name in enumerate(sorted(os.listdir(self._paths[node]))[offset:], offset + 1):
            text = os.fsencode(name)
            entry = struct.pack("=QQII", number, number, len(text), 0) + text
            entry += bytes(-len(entry) % 8)
            if len(entries) + len(entry) > size:
                break
            entries += entry
        return entries

    def _statfs(self, node: int, _data: bytes) -> bytes:
        found = os.statvfs(self._paths[node])
        return struct.pack("=QQQQQIII28x", found.f_blocks, found.f_bfree, found.f_bavail, found.f_files, found.f_ffree,
                           found.f_bsize, found.f_namemax, found.f_frsize)

    @staticmethod
    def _nothing(_node: int, _data: bytes) -> bytes:
        return b""

    @staticmethod
    def _attributes(path: pathlib.Path) -> bytes:
        found = os.lstat(path)
        times = [divmod(ns, 10**9) for ns in (found.st_atime_ns, found.st_mtime_ns, found.st_ctime_ns)]
        return _ATTR.pack(found.st_ino, found.st_size, found.st_blocks, *(s for s, _ in times),
                          *(ns for _, ns in times), found.st_mode, found.st_nlink, found.st_uid, found.st_gid, 0,
                          4096, 0)


def main() -> None:
    folder, point = map(pathlib.Path, sys.argv[1:])
    device = os.open("/dev/fuse", os.O_RDWR)
    mount(device, point)
    Mirror(folder).serve(device)


if __name__ == "__main__":
    main()
