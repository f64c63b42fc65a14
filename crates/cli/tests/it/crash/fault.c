/* A disk that fails as a test says, or keeps only what it confirmed, for whoever has this loaded before its C library.

   Only the files of one database are touched: those whose path begins with KEYWARD_FAULT_DATABASE.

   KEYWARD_FAULT_CONTROL names a file of eight whole numbers that is shared with the test, who writes the first five:
   which calls fail (1 writes, 2 syncs), on which file (0 any, 1 the database, 2 its log), how many of them go well before,
   how many fail, and with which number. The others are counted here: calls that failed, confirmed syncs, and changes after a
   failure: what the thread that met it writes, and whoever removes the log. Another thread may be in the middle of a
   commit of its own, which the disk confirms or not.

   KEYWARD_FAULT_KEPT names a directory that gets, with every sync that is confirmed, what this sync confirmed: a copy of
   the files as they are on a disk that forgets everything else when the power goes. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITES = 1, SYNCS = 2 };
enum { NONE = 0, DATABASE = 1, LOG = 2 };

struct control {
    int calls, file, skip, times, error;
    int failed, synced, after;
};

struct change {
    int file;
    off_t at;
    size_t length;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct control *control;
static char database[4096];
static const char *kept;
static struct change *changes;
static size_t count, room;
static __thread int met;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);
static int (*real_unlink)(const char *);

static void fail(const char *what) {
    fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
    abort();
}

static void begin(void) {
    real_write = (ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    real_pwrite = (ssize_t (*)(int, const void *, size_t, off_t))dlsym(RTLD_NEXT, "pwrite64");
    real_fsync = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    real_ftruncate = (int (*)(int, off_t))dlsym(RTLD_NEXT, "ftruncate64");
    real_unlink = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
    kept = getenv("KEYWARD_FAULT_KEPT");
    const char *path = getenv("KEYWARD_FAULT_DATABASE");
    if (!path || !realpath(path, database))
        fail("KEYWARD_FAULT_DATABASE");
    int file = open(getenv("KEYWARD_FAULT_CONTROL"), O_RDWR | O_CLOEXEC);
    control = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (file < 0 || control == MAP_FAILED)
        fail("KEYWARD_FAULT_CONTROL");
    close(file);
}

static int named(const char *path) {
    size_t length = strlen(database);
    if (strncmp(path, database, length))
        return NONE;
    if (!path[length])
        return DATABASE;
    return strcmp(path + length, "-wal") ? NONE : LOG;
}

static int which(int fd) {
    char link[64], path[4096];
    pthread_once(&once, begin);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return NONE;
    path[length] = 0;
    return named(path);
}

/* Whether this call is to fail; errno says how. */
static int fails(int call, int file) {
    if (!(control->calls & call) || (control->file && control->file != file))
        return 0;
    if (__atomic_sub_fetch(&control->skip, 1, __ATOMIC_SEQ_CST) >= 0)
        return 0;
    if (__atomic_sub_fetch(&control->times, 1, __ATOMIC_SEQ_CST) < 0)
        return 0;
    __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
    met = 1;
    errno = control->error;
    return 1;
}

static void changed(int file, off_t at, size_t length) {
    if (met)
        __atomic_add_fetch(&control->after, 1, __ATOMIC_SEQ_CST);
    if (!kept || !length)
        return;
    pthread_mutex_lock(&lock);
    if (count == room) {
        room = room ? room * 2 : 1024;
        changes = realloc(changes, room * sizeof *changes);
        if (!changes)
            fail("memory");
    }
    changes[count++] = (struct change){file, at, length};
    pthread_mutex_unlock(&lock);
}

/* Copies what a sync has confirmed. */
static void keep(int fd, int file) {
    char path[4096], buffer[1 << 16];
    struct stat now;
    if (!kept)
        return;
    snprintf(path, sizeof path, "%s/%s", kept, file == LOG ? "log" : "database");
    pthread_mutex_lock(&lock);
    int copy = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (copy < 0 || fstat(fd, &now))
        fail("the copy");
    size_t left = 0;
    for (size_t i = 0; i < count; i++) {
        struct change change = changes[i];
        if (change.file != file) {
            changes[left++] = change;
            continue;
        }
        while (change.length) {
            size_t most = change.length < sizeof buffer ? change.length : sizeof buffer;
            ssize_t read = pread(fd, buffer, most, change.at);
            if (read <= 0)
                break; /* cut off since */
            if (real_pwrite(copy, buffer, read, change.at) != read)
                fail("the copy");
            change.at += read;
            change.length -= read;
        }
    }
    count = left;
    if (real_ftruncate(copy, now.st_size))
        fail("the copy");
    close(copy);
    pthread_mutex_unlock(&lock);
}

/* A disk takes a part of what does not fit, and says so only to the next call. */
static int short_write(size_t length) {
    return control->error == ENOSPC && length > 1;
}

ssize_t write(int fd, const void *data, size_t length) {
    int file = which(fd);
    off_t at = file ? lseek(fd, 0, SEEK_CUR) : 0;
    if (file && fails(WRITES, file)) {
        if (!short_write(length))
            return -1;
        length /= 2;
    }
    ssize_t written = real_write(fd, data, length);
    if (file && written > 0)
        changed(file, at, written);
    return written;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t at) {
    int file = which(fd);
    if (file && fails(WRITES, file)) {
        if (!short_write(length))
            return -1;
        length /= 2;
    }
    ssize_t written = real_pwrite(fd, data, length, at);
    if (file && written > 0)
        changed(file, at, written);
    return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    return pwrite64(fd, data, length, at);
}

static int confirm(int fd, int (*real)(int)) {
    int file = which(fd);
    if (file && fails(SYNCS, file))
        return -1;
    int result = real(fd);
    if (file && !result) {
        keep(fd, file);
        __atomic_add_fetch(&control->synced, 1, __ATOMIC_SEQ_CST);
    }
    return result;
}

int fsync(int fd) {
    pthread_once(&once, begin);
    return confirm(fd, real_fsync);
}

int fdatasync(int fd) {
    pthread_once(&once, begin);
    return confirm(fd, real_fdatasync);
}

int ftruncate64(int fd, off_t length) {
    int file = which(fd);
    int result = real_ftruncate(fd, length);
    if (file && !result)
        changed(file, 0, 0);
    return result;
}

int ftruncate(int fd, off_t length) {
    return ftruncate64(fd, length);
}

int unlink(const char *path) {
    pthread_once(&once, begin);
    if (named(path) && __atomic_load_n(&control->failed, __ATOMIC_SEQ_CST))
        __atomic_add_fetch(&control->after, 1, __ATOMIC_SEQ_CST);
    return real_unlink(path);
}
