/* Preloaded into every process of a run: from the moment a file STRIKE exists, what changes the disk below ROOT fails
   with ERRNO: writing, flushing, renaming, and making files and folders. On a disk that is read-only, opening a file
   for writing and removing one fail, too. Python's ctypes and libraries find these functions before those of libc. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define LONGEST 4096
#define REAL(result, name, ...) \
    static result (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, name)
#define MODE(flags, last) /* what open is given after its flags when it may make a file */ \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list more; \
        va_start(more, last); \
        mode = va_arg(more, mode_t); \
        va_end(more); \
    }

static int number(void) {
    const char *strike = getenv("FAULT_STRIKE"), *given = getenv("FAULT_ERRNO");
    return getenv("FAULT_ROOT") && strike && given && !access(strike, F_OK) ? atoi(given) : 0;
}

static int fails(const char *path, int with) {
    const char *root = getenv("FAULT_ROOT");
    if (strncmp(path, root, strlen(root)))
        return 0;
    errno = with;
    return 1;
}

static int link_of(const char *link, char *path) {
    ssize_t length = readlink(link, path, LONGEST - 1);
    path[length < 0 ? 0 : length] = 0;
    return length > 0;
}

static int file(int fd) { /* whether changing an open file fails */
    char link[64], path[LONGEST];
    int with, before = errno;
    if (!(with = number()))
        return errno = before, 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (link_of(link, path) && fails(path, with))
        return 1;
    return errno = before, 0;
}

static int name(int folder, const char *path) { /* whether changing what a name stands for fails */
    char link[64], whole[2 * LONGEST];
    int with, before = errno;
    if (!(with = number()))
        return errno = before, 0;
    if (path[0] != '/') {
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
        if (!link_of(link, whole))
            return errno = before, 0;
        snprintf(whole + strlen(whole), LONGEST, "/%s", path);
        path = whole;
    }
    if (fails(path, with))
        return 1;
    return errno = before, 0;
}

static int opening(int folder, const char *path, int flags) {
    int anew = flags & O_CREAT && faccessat(folder, path, F_OK, 0), writing = (flags & O_ACCMODE) != O_RDONLY;
    return (anew || (flags & __O_TMPFILE) || (writing && number() == EROFS)) && name(folder, path);
}

static int removing(int folder, const char *path) {
    return number() == EROFS && name(folder, path);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return file(fd) ? -1 : real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    return file(fd) ? -1 : real(fd, data, size, at);
}

int fsync(int fd) {
    REAL(int, "fsync", int);
    return file(fd) ? -1 : real(fd);
}

int open(const char *path, int flags, ...) {
    REAL(int, "open", const char *, int, ...);
    MODE(flags, flags);
    return opening(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    REAL(int, "open64", const char *, int, ...);
    MODE(flags, flags);
    return opening(AT_FDCWD, path, flags) ? -1 : real(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
    REAL(int, "openat", int, const char *, int, ...);
    MODE(flags, flags);
    return opening(folder, path, flags) ? -1 : real(folder, path, flags, mode);
}

int openat64(int folder, const char *path, int flags, ...) {
    REAL(int, "openat64", int, const char *, int, ...);
    MODE(flags, flags);
    return opening(folder, path, flags) ? -1 : real(folder, path, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t);
    return name(AT_FDCWD, path) ? -1 : real(path, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(int, "mkdirat", int, const char *, mode_t);
    return name(folder, path) ? -1 : real(folder, path, mode);
}

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *);
    return name(AT_FDCWD, to) ? -1 : real(from, to);
}

int renameat(int there, const char *from, int here, const char *to) {
    REAL(int, "renameat", int, const char *, int, const char *);
    return name(here, to) ? -1 : real(there, from, here, to);
}

int renameat2(int there, const char *from, int here, const char *to, unsigned flags) {
    REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
    return name(here, to) ? -1 : real(there, from, here, to, flags);
}

long syscall(long call, ...) {
    REAL(long, "syscall", long, ...);
    long given[6];
    va_list more;
    va_start(more, call);
    for (int i = 0; i < 6; i++)
        given[i] = va_arg(more, long);
    va_end(more);
    if (call == SYS_renameat2 && name((int)given[2], (const char *)given[3]))
        return -1;
    return real(call, given[0], given[1], given[2], given[3], given[4], given[5]);
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    return removing(AT_FDCWD, path) ? -1 : real(path);
}

int unlinkat(int folder, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    return removing(folder, path) ? -1 : real(folder, path, flags);
}

int rmdir(const char *path) {
    REAL(int, "rmdir", const char *);
    return removing(AT_FDCWD, path) ? -1 : real(path);
}
