/*
 * A disk that fails when it is told to. Loaded with LD_PRELOAD into a real process; looks only at
 * files below FAULTY_FOLDER. The first word of the file FAULTY_ORDERS says what fails:
 *   sync   fsync and fdatasync answer EIO, and what was written since the last sync is lost, as on
 *          Linux, which marks the pages clean: a later sync that succeeds does not write them
 *   write  pwrite answers EIO
 *   full   pwrite answers ENOSPC
 * FAULTY_SHADOW is a folder that gets what a power loss would leave: every write reaches it with
 * the next sync that succeeds, a removal at once. One writing process, one writing thread.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 16

struct range {
  off_t at;
  size_t size;
};
static struct file {
  char path[PATH_MAX];
  struct range *unsynced;
  size_t count, room;
} files[FILES];

static const char *name_of(const char *path) {
  const char *folder = getenv("FAULTY_FOLDER");
  size_t length = folder == NULL ? 0 : strlen(folder);
  if (length == 0 || strncmp(path, folder, length) != 0 || path[length] != '/') return NULL;
  return path + length + 1;
}

static const char *below(int fd, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, PATH_MAX - 1);
  if (size < 0) return NULL;
  path[size] = 0;
  return name_of(path);
}

static int ordered(const char *word) {
  char order[16] = {0};
  const char *orders = getenv("FAULTY_ORDERS");
  int fd = orders == NULL ? -1 : open(orders, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t size = read(fd, order, sizeof order - 1);
  close(fd);
  return size > 0 && strncmp(order, word, strlen(word)) == 0;
}

static struct file *file_of(const char *path) {
  for (int at = 0; at < FILES; at += 1) {
    if (files[at].path[0] == 0) strcpy(files[at].path, path);
    if (strcmp(files[at].path, path) == 0) return &files[at];
  }
  abort();
}

static void remember(const char *path, off_t at, size_t size) {
  struct file *file = file_of(path);
  if (file->count == file->room) {
    file->room = file->room * 2 + 64;
    file->unsynced = realloc(file->unsynced, file->room * sizeof(struct range));
    if (file->unsynced == NULL) abort();
  }
  file->unsynced[file->count++] = (struct range){at, size};
}

typedef ssize_t (*pwrite_t)(int, const void *, size_t, off_t);

static void keep(const char *path, const char *name) {
  const char *shadow = getenv("FAULTY_SHADOW");
  if (shadow == NULL) return;
  char copy[PATH_MAX * 2];
  snprintf(copy, sizeof copy, "%s/%s", shadow, name);
  int from = open(path, O_RDONLY | O_CLOEXEC);
  int to = open(copy, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat now;
  if (from < 0 || to < 0 || fstat(from, &now) != 0) abort();
  struct file *file = file_of(path);
  pwrite_t write_real = (pwrite_t)dlsym(RTLD_NEXT, "pwrite64");
  for (size_t at = 0; at < file->count; at += 1) {
    struct range range = file->unsynced[at];
    char *bytes = malloc(range.size);
    ssize_t size = pread(from, bytes, range.size, range.at);
    if (size > 0 && write_real(to, bytes, (size_t)size, range.at) != size) abort();
    free(bytes);
  }
  if (ftruncate(to, now.st_size) != 0) abort();
  close(from);
  close(to);
}

static int sync_or_fail(int fd, const char *symbol) {
  char path[PATH_MAX];
  int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, symbol);
  const char *name = below(fd, path);
  if (name == NULL) return real(fd);
  struct stat kind;
  if (fstat(fd, &kind) != 0 || !S_ISREG(kind.st_mode)) return real(fd);
  int fails = ordered("sync");
  if (!fails) keep(path, name);
  file_of(path)->count = 0;
  if (!fails) return real(fd);
  errno = EIO;
  return -1;
}

static ssize_t write_or_fail(int fd, const void *bytes, size_t size, off_t at) {
  char path[PATH_MAX];
  pwrite_t real = (pwrite_t)dlsym(RTLD_NEXT, "pwrite64");
  if (below(fd, path) == NULL) return real(fd, bytes, size, at);
  int code = ordered("write") ? EIO : ordered("full") ? ENOSPC : 0;
  if (code == 0) {
    remember(path, at, size);
    return real(fd, bytes, size, at);
  }
  errno = code;
  return -1;
}

int unlink(const char *path) {
  int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
  const char *name = name_of(path);
  const char *shadow = getenv("FAULTY_SHADOW");
  if (name != NULL && shadow != NULL) {
    char copy[PATH_MAX * 2];
    snprintf(copy, sizeof copy, "%s/%s", shadow, name);
    real(copy);
    file_of(path)->count = 0;
  }
  return real(path);
}

int fsync(int fd) { return sync_or_fail(fd, "fsync"); }
int fdatasync(int fd) { return sync_or_fail(fd, "fdatasync"); }
ssize_t pwrite(int fd, const void *b, size_t s, off_t at) { return write_or_fail(fd, b, s, at); }
ssize_t pwrite64(int fd, const void *b, size_t s, off_t at) { return write_or_fail(fd, b, s, at); }
