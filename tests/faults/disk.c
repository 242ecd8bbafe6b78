/* Preloaded into every process of a run: from the moment a file STRIKE exists, writing below ROOT fails with ERRNO. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int struck(int fd) {
    const char *root = getenv("FAULT_ROOT"), *strike = getenv("FAULT_STRIKE"), *number = getenv("FAULT_ERRNO");
    char link[64], path[4096];
    ssize_t length;
    if (!root || !strike || !number || access(strike, F_OK))
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    if (strncmp(path, root, strlen(root)))
        return 0;
    errno = atoi(number);
    return 1;
}

ssize_t write(int fd, const void *data, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    return struck(fd) ? -1 : real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) {
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real) real = dlsym(RTLD_NEXT, "pwrite64");
    return struck(fd) ? -1 : real(fd, data, size, at);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    return struck(fd) ? -1 : real(fd);
}
