/* A client that sends requests that were made before, for rates, for held connections, and for what comes of a change.

   poll rate PORT FILE CONNECTIONS SECONDS    the request in FILE over and over on kept connections, each after the answer;
                                              prints REQUESTS-PER-SECOND STATUS-OF-THE-FIRST OTHERS-THAN-THAT
   poll hold PORT FILE CONNECTIONS            sends it on each, prints "open", then for each octet of
                                              its input how many were not answered; ends with it
   poll until LOG FIELD TOTAL sum|lines -- COMMAND…
   poll until LOG FIELD TOTAL sum|lines -u SOCKET FILE [SOCKET FILE TEXT WATCHED]
       runs the command, or sends the request in FILE to a local socket, and waits until the new lines of a node's log
       say FIELD=n: until the sum of n, or the number of lines with n > 0, is TOTAL; prints SECONDS from the start,
       SECONDS from when the command or request was answered (0 where that was later). With a second socket also SECONDS
       from the start until the answer to the second request holds TEXT: it is sent whenever the file WATCHED changes */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static char request[65536];
static size_t request_size;

static void read_request(const char *path) {
  int file = open(path, O_RDONLY);
  ssize_t size = file < 0 ? -1 : read(file, request, sizeof request - 1);
  if (size <= 0) fail(path);
  request_size = size;
  close(file);
}

static int dial(const char *port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int line = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (line < 0 || connect(line, (struct sockaddr *)&to, sizeof to)) fail("connect");
  setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return line;
}

static void ask(int line) {
  if (write(line, request, request_size) != (ssize_t)request_size) fail("write");
}

/* Octets of the whole answer that the buffer begins with; 0 where some are still to come. */
static size_t answer_size(char *octets, size_t size) {
  octets[size] = 0;
  char *end = strstr(octets, "\r\n\r\n");
  if (!end) return 0;
  size_t whole = end + 4 - octets;
  char *length = strcasestr(octets, "\r\ncontent-length:");
  if (length && length < end && strncmp(octets + 9, "304", 3)) whole += atol(length + 17);
  return whole <= size ? whole : 0;
}

struct line {
  int socket;
  size_t size;
  char octets[16384];
};

static int rate(const char *port, int count, double seconds) {
  int events = epoll_create1(0), status = 0;
  struct line *lines = calloc(count, sizeof *lines);
  for (int i = 0; i < count; i++) {
    lines[i].socket = dial(port);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &lines[i]};
    epoll_ctl(events, EPOLL_CTL_ADD, lines[i].socket, &event);
  }
  double begun = now(), end = begun + seconds, warm = begun + seconds / 5, time = begun;
  long done = 0, others = 0;
  int counts = 0;
  for (int i = 0; i < count; i++) ask(lines[i].socket);
  while ((time = now()) < end) {
    if (!counts && time > warm) (counts = 1), (done = 0), (begun = time);
    struct epoll_event ready[256];
    int found = epoll_wait(events, ready, 256, 1000);
    for (int i = 0; i < found; i++) {
      struct line *line = ready[i].data.ptr;
      ssize_t got = read(line->socket, line->octets + line->size, sizeof line->octets - 1 - line->size);
      if (got <= 0) fail("the server closed a connection");
      line->size += got;
      if (answer_size(line->octets, line->size) == 0) continue;
      int code = atoi(line->octets + 9);
      if (status == 0) status = code;
      others += code != status;
      done++;
      line->size = 0;
      ask(line->socket);
    }
  }
  return printf("%.0f %d %ld\n", done / (now() - begun), status, others) < 0;
}

static int hold(const char *port, int count) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  int *lines = calloc(count, sizeof *lines);
  for (int i = 0; i < count; i++) ask(lines[i] = dial(port));
  puts("open");
  fflush(stdout);
  char octet;
  while (read(0, &octet, 1) > 0) {
    int waiting = 0;
    for (int i = 0; i < count; i++)
      waiting += recv(lines[i], &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
    printf("%d\n", waiting);
    fflush(stdout);
  }
  return 0;
}

/* ---- until the log says so ---- */

static int log_file;
static char text[1 << 20];
static size_t text_size;

static long in_log(const char *field, int sums) {
  ssize_t got = read(log_file, text + text_size, sizeof text - 1 - text_size);
  if (got > 0) text_size += got;
  text[text_size] = 0;
  char wanted[64];
  snprintf(wanted, sizeof wanted, " %s=", field);
  long found = 0;
  for (char *at = text; (at = strstr(at, wanted)); at++) {
    long value = atol(at + strlen(wanted));
    found += sums ? value : value > 0;
  }
  return found;
}

static int open_local(const char *path) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
  int line = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(line, (struct sockaddr *)&to, sizeof to)) fail(path);
  return line;
}

/* ---- until somebody else shows it ---- */

static char question[65536];
static size_t question_size;
static int question_line, changes, is_asked, has_changed;

static void watch(char **words) {
  read_request(words[1]);
  memcpy(question, request, question_size = request_size);
  question_line = open_local(words[0]);
  fcntl(question_line, F_SETFL, O_NONBLOCK);
  changes = inotify_init1(IN_NONBLOCK);
  if (changes < 0 || inotify_add_watch(changes, words[3], IN_MODIFY) < 0) fail(words[3]);
}

static int is_shown(const char *wanted) {
  static char answer[1 << 20];
  static size_t size;
  char events[4096];
  while (read(changes, events, sizeof events) > 0) has_changed = 1;
  if (has_changed && !is_asked) {
    if (write(question_line, question, question_size) != (ssize_t)question_size) fail("write");
    has_changed = 0, is_asked = 1, size = 0;
  }
  if (!is_asked) return 0;
  ssize_t got = read(question_line, answer + size, sizeof answer - 1 - size);
  if (got == 0) fail("the node closed the connection");
  if (got > 0) size += got;
  if (!answer_size(answer, size)) return 0;
  is_asked = 0;
  return strstr(answer, wanted) != NULL;
}

static int until(char **words) {
  long total = atol(words[4]);
  int sums = !strcmp(words[5], "sum"), local = !strcmp(words[6], "-u"), line = -1, child = 0;
  log_file = open(words[2], O_RDONLY);
  if (log_file < 0) fail(words[2]);
  lseek(log_file, 0, SEEK_END);
  char **shown = local ? words + 9 : NULL;
  if (shown && *shown) watch(shown);
  else shown = NULL;
  if (local) {
    read_request(words[8]);
    line = open_local(words[7]);
    fcntl(line, F_SETFL, O_NONBLOCK);
  }
  double begun = now(), answered = 0, reached = 0, seen = 0;
  if (local) ask(line);
  else if ((child = fork()) == 0) {
    int quiet = open("/dev/null", O_WRONLY);
    dup2(quiet, 1);
    execvp(words[7], words + 7);
    fail(words[7]);
  }
  while (!answered || !reached || (shown && !seen)) {
    char octets[65536];
    ssize_t got = local && !answered ? read(line, octets, sizeof octets - 1) : 0;
    if (got > 0) {
      answered = now();
      octets[got] = 0;
      if (strncmp(octets + 9, "200", 3)) return fprintf(stderr, "%s\n", octets), 1;
    }
    int status;
    if (!local && !answered && waitpid(child, &status, WNOHANG) == child) {
      answered = now();
      if (status) return fprintf(stderr, "the command failed\n"), 1;
    }
    if (shown && !seen && is_shown(shown[2])) seen = now();
    if (!reached && in_log(words[3], sums) >= total) reached = now();
    if (now() - begun > 60) return fprintf(stderr, "not within a minute\n"), 1;
    struct timespec pause = {0, local ? 20000 : 500000};
    nanosleep(&pause, NULL);
  }
  double late = reached - answered;
  printf("%.5f %.5f", reached - begun, late > 0 ? late : 0);
  if (shown) printf(" %.5f", seen - begun);
  return puts("") < 0;
}

int main(int count, char **words) {
  if (count >= 8 && !strcmp(words[1], "until")) return until(words);
  if (count < 5) return fprintf(stderr, "usage: poll rate|hold|until …\n"), 2;
  read_request(words[3]);
  if (!strcmp(words[1], "hold")) return hold(words[2], atoi(words[4]));
  return count > 5 ? rate(words[2], atoi(words[4]), atof(words[5])) : 2;
}
