/* Measures processes.

   meter [-p PID]… [-f FILE] -- COMMAND ARGUMENT…   runs it; appends to FILE a line
       SECONDS CPU PEAK-KB OTHERS-CPU OTHERS-PEAK-KB STATUS
     of the command with all that it waited for, and of the trees of processes below each PID meanwhile.
   meter -l PORT HOST-PORT     forwards connections to PORT on to HOST-PORT; prints "ready", and on each line of its
     input the octets since the last: UP DOWN
   meter -t PID…               prints CPU-SECONDS PEAK-KB NOW-KB of the trees below them

   Processor time of a tree: of its processes, and of those that they have waited for. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct process {
  int pid, parent, in;
  double cpu;
};

static void fail(const char *what) {
  perror(what);
  exit(125);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

/* What the scheduler counted for the threads that live, in nanoseconds; or, where more, the clock's ticks of all. */
static double own_time(int pid, double ticks) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *threads = opendir(path);
  if (!threads) return ticks;
  double sum = 0;
  for (struct dirent *entry; (entry = readdir(threads));) {
    if (entry->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%.16s/schedstat", pid, entry->d_name);
    FILE *file = fopen(path, "r");
    unsigned long long run = 0;
    if (file && fscanf(file, "%llu", &run) == 1) sum += run / 1e9;
    if (file) fclose(file);
  }
  closedir(threads);
  return sum > ticks ? sum : ticks;
}

static int read_process(int pid, struct process *out) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int file = open(path, O_RDONLY);
  if (file < 0) return 0;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  if (size <= 0) return 0;
  text[size] = 0;
  char *rest = strrchr(text, ')');
  unsigned long user, kernel;
  long waited_user, waited_kernel;
  if (!rest || sscanf(rest + 2, "%*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &out->parent, &user,
                      &kernel, &waited_user, &waited_kernel) != 5)
    return 0;
  double hertz = sysconf(_SC_CLK_TCK);
  out->pid = pid;
  out->cpu = own_time(pid, (user + kernel) / hertz) + (waited_user + waited_kernel) / hertz;
  return 1;
}

static long memory(int pid, const char *field) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *file = fopen(path, "r");
  long kilobytes = 0;
  while (file && fgets(line, sizeof line, file))
    if (!strncmp(line, field, strlen(field))) kilobytes = atol(line + strlen(field) + 1);
  if (file) fclose(file);
  return kilobytes;
}

/* The sums over the trees below some processes. */
static void trees(const int *roots, int count, double *cpu, long *peak, long *present) {
  static struct process all[65536];
  int found = 0;
  *cpu = 0, *peak = 0, *present = 0;
  if (count == 0) return;
  DIR *directory = opendir("/proc");
  if (!directory) fail("/proc");
  for (struct dirent *entry; found < 65536 && (entry = readdir(directory));)
    if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_process(atoi(entry->d_name), &all[found])) {
      all[found].in = 0;
      for (int i = 0; i < count; i++) all[found].in |= all[found].pid == roots[i];
      found++;
    }
  closedir(directory);
  for (int changed = 1; changed;) {
    changed = 0;
    for (int i = 0; i < found; i++)
      for (int k = 0; k < found && !all[i].in; k++)
        if (all[k].in && all[i].parent == all[k].pid) all[i].in = changed = 1;
  }
  for (int i = 0; i < found; i++)
    if (all[i].in) {
      *cpu += all[i].cpu;
      *peak += memory(all[i].pid, "VmHWM");
      *present += memory(all[i].pid, "VmRSS");
    }
}

static int run(int count, char **words) {
  int pids[64], others = 0, at = 1;
  const char *report = "/dev/stderr";
  for (; at < count && strcmp(words[at], "--"); at++) {
    if (!strcmp(words[at], "-p") && others < 64) pids[others++] = atoi(words[++at]);
    else if (!strcmp(words[at], "-f")) report = words[++at];
    else return 2;
  }
  if (at + 1 >= count) return 2;
  double before, after;
  long peak, present;
  trees(pids, others, &before, &peak, &present);
  double begun = now();
  int child = fork();
  if (child == 0) {
    execvp(words[at + 1], words + at + 1);
    fail(words[at + 1]);
  }
  int status;
  struct rusage usage;
  while (wait4(child, &status, 0, &usage) < 0)
    if (errno != EINTR) fail("wait4");
  double took = now() - begun;
  trees(pids, others, &after, &peak, &present);
  FILE *file = fopen(report, "a");
  if (!file) fail(report);
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  fprintf(file, "%.4f %.4f %ld %.4f %ld %d\n", took,
          usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
          usage.ru_maxrss, after - before, peak, code);
  fclose(file);
  return code;
}

/* ---- counting what goes over a line ---- */

static atomic_long up, down;
static int target;

static struct sockaddr_in address(int port) {
  struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(port)};
  made.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return made;
}

struct way {
  int from, to;
  atomic_long *sum;
};

static void *carry(void *argument) {
  struct way *way = argument;
  char octets[65536];
  for (ssize_t got; (got = read(way->from, octets, sizeof octets)) > 0;) {
    *way->sum += got;
    for (ssize_t done = 0, sent; done < got; done += sent)
      if ((sent = write(way->to, octets + done, got - done)) <= 0) break;
  }
  shutdown(way->to, SHUT_WR);
  return NULL;
}

static void *connection(void *argument) {
  int here = (int)(long)argument, on = 1, there = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = address(target);
  if (connect(there, (struct sockaddr *)&to, sizeof to) == 0) {
    setsockopt(here, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(there, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct way ways[2] = {{here, there, &up}, {there, here, &down}};
    pthread_t back;
    pthread_create(&back, NULL, carry, &ways[1]);
    carry(&ways[0]);
    pthread_join(back, NULL);
  }
  close(here);
  close(there);
  return NULL;
}

static void *accept_all(void *argument) {
  for (;;) {
    int line = accept((int)(long)argument, NULL, NULL);
    if (line < 0) continue;
    pthread_t thread;
    if (pthread_create(&thread, NULL, connection, (void *)(long)line) == 0) pthread_detach(thread);
  }
  return NULL;
}

static int forward(int port, int other) {
  target = other;
  struct sockaddr_in at = address(port);
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 64)) fail("listen");
  pthread_t thread;
  pthread_create(&thread, NULL, accept_all, (void *)(long)listener);
  puts("ready");
  fflush(stdout);
  for (char line[16]; fgets(line, sizeof line, stdin);) {
    printf("%ld %ld\n", atomic_exchange(&up, 0), atomic_exchange(&down, 0));
    fflush(stdout);
  }
  return 0;
}

int main(int count, char **words) {
  if (count == 4 && !strcmp(words[1], "-l")) return forward(atoi(words[2]), atoi(words[3]));
  if (count > 2 && !strcmp(words[1], "-t")) {
    int pids[64], others = 0;
    for (int i = 2; i < count && others < 64; i++) pids[others++] = atoi(words[i]);
    double cpu;
    long peak, present;
    trees(pids, others, &cpu, &peak, &present);
    return printf("%.4f %ld %ld\n", cpu, peak, present) < 0;
  }
  int code = run(count, words);
  if (code == 2 && count < 3) fprintf(stderr, "usage: meter [-p PID]… [-f FILE] -- COMMAND…\n");
  return code;
}
