/* Ends its process at a chosen change to a folder: before it, or in the middle of a write.
 *
 * Preloaded into a process whose changes to files are to be interrupted, one after another, so
 * that every moment a power cut could choose is tried. Compiled by the tests themselves:
 *     cc -shared -fPIC -O1 -o kill_points.so kill_points.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static char root[PATH_MAX];
static long left = -1; /* changes still to be let through; negative: all of them */
static int torn;       /* whether a write is done by half before the end */
static long seen;

void kill_points_arm(const char *folder, long changes, int half) {
    strncpy(root, folder, sizeof root - 1);
    seen = 0;
    torn = half;
    left = changes;
}

long kill_points_seen(void) { return seen; }

static int inside(const char *path) {
    char full[PATH_MAX * 2];
    if (!root[0] || !path) return 0;
    if (path[0] != '/') {
        if (!getcwd(full, PATH_MAX)) return 0;
        strcat(full, "/");
        strncat(full, path, PATH_MAX - 1);
        path = full;
    }
    size_t n = strlen(root);
    return strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == 0);
}

static int inside_at(int folder, const char *path) {
    if (!root[0] || !path) return 0;
    if (path[0] == '/' || folder == AT_FDCWD) return inside(path);
    char link[64], base[PATH_MAX * 2];
    snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t n = readlink(link, base, PATH_MAX - 1);
    if (n < 0) return 0;
    base[n] = 0;
    return inside(base);
}

static int inside_file(int file) { return inside_at(file, "."); }

/* Count a change; true when it is the one to end at. */
static int is_last(int is_inside) {
    if (!is_inside) return 0;
    seen++;
    if (left < 0) return 0;
    return left-- == 0;
}

static void end(void) {
    kill(getpid(), SIGKILL);
    pause();
}

#define CHANGE(is_inside) if (is_last(is_inside)) end()
#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *data, size_t size) {
    REAL(write);
    if (is_last(inside_file(file))) {
        if (torn) real(file, data, size / 2);
        end();
    }
    return real(file, data, size);
}

#define PWRITE(name, offset_type) \
    ssize_t name(int file, const void *data, size_t size, offset_type offset) { \
        REAL(name); \
        if (is_last(inside_file(file))) { \
            if (torn) real(file, data, size / 2, offset); \
            end(); \
        } \
        return real(file, data, size, offset); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t sendfile64(int to, int from, off64_t *offset, size_t size);
ssize_t sendfile64(int to, int from, off64_t *offset, size_t size) {
    REAL(sendfile64);
    CHANGE(inside_file(to));
    return real(to, from, offset, size);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t size);
ssize_t sendfile(int to, int from, off_t *offset, size_t size) {
    REAL(sendfile);
    CHANGE(inside_file(to));
    return real(to, from, offset, size);
}

int ftruncate(int file, off_t size) { REAL(ftruncate); CHANGE(inside_file(file)); return real(file, size); }
int ftruncate64(int file, off64_t size) { REAL(ftruncate64); CHANGE(inside_file(file)); return real(file, size); }
int rename(const char *from, const char *to) { REAL(rename); CHANGE(inside(from) || inside(to)); return real(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
    REAL(renameat);
    CHANGE(inside_at(a, from) || inside_at(b, to));
    return real(a, from, b, to);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    REAL(renameat2);
    CHANGE(inside_at(a, from) || inside_at(b, to));
    return real(a, from, b, to, flags);
}
int link(const char *from, const char *to) { REAL(link); CHANGE(inside(to)); return real(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(linkat);
    CHANGE(inside_at(b, to));
    return real(a, from, b, to, flags);
}
int symlink(const char *to, const char *path) { REAL(symlink); CHANGE(inside(path)); return real(to, path); }
int unlink(const char *path) { REAL(unlink); CHANGE(inside(path)); return real(path); }
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    CHANGE(inside_at(folder, path));
    return real(folder, path, flags);
}
int mkdir(const char *path, mode_t mode) { REAL(mkdir); CHANGE(inside(path)); return real(path, mode); }
int rmdir(const char *path) { REAL(rmdir); CHANGE(inside(path)); return real(path); }
int chmod(const char *path, mode_t mode) { REAL(chmod); CHANGE(inside(path)); return real(path, mode); }
int fchmod(int file, mode_t mode) { REAL(fchmod); CHANGE(inside_file(file)); return real(file, mode); }
int utimensat(int folder, const char *path, const struct timespec times[2], int flags) {
    REAL(utimensat);
    CHANGE(inside_at(folder, path));
    return real(folder, path, times, flags);
}
int futimens(int file, const struct timespec times[2]) { REAL(futimens); CHANGE(inside_file(file)); return real(file, times); }
/* Waiting for the disk only takes time: a kill loses nothing that was handed to the system. */
int fsync(int file) { CHANGE(inside_file(file)); return 0; }
int fdatasync(int file) { CHANGE(inside_file(file)); return 0; }

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        if (flags & (O_CREAT | O_TRUNC)) { CHANGE(inside(path)); } \
        return real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        REAL(name); \
        mode_t mode = 0; \
        if (flags & (O_CREAT | O_TMPFILE)) { \
            va_list rest; \
            va_start(rest, flags); \
            mode = va_arg(rest, mode_t); \
            va_end(rest); \
        } \
        if (flags & (O_CREAT | O_TRUNC)) { CHANGE(inside_at(folder, path)); } \
        return real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)
