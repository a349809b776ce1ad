/* The floors that the node is held against: what a machine needs for the same rows with nothing but SQLite, zlib and TCP.

   floor insert ROWS DB        inserts the rows, ready in memory before the clock starts, into an empty database
   floor load ROWS DB          the same without a report, then folds the log in: makes the source of `send`
   floor edit ROWS DB          rows of ROWS replace those with their keys, in one transaction
   floor send DB PORT [CHANGED]   SELECT -> JSON -> deflate -> TCP; CHANGED: rows with seq > CHANGED alone
   floor receive DB PORT [SEQ]    TCP -> inflate -> JSON -> upsert; prints "ready"; ends when the sender does

   Rows are lines of JSON whose second string is the key (external_id). A row is (key BLOB unique, digest BLOB of 32
   octets, seq INTEGER indexed, bytes: the whole line, about 3 KB). Databases are as durable as a node's: a log
   (WAL), synchronous=FULL, a transaction for every 5,000 rows, a checkpoint of SQLite's own every 1,000 pages. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { BATCH = 5000 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static sqlite3 *database;

static void script(const char *sql) {
  char *fault = NULL;
  if (sqlite3_exec(database, sql, NULL, NULL, &fault) != SQLITE_OK) {
    fprintf(stderr, "%s: %s\n", sql, fault);
    exit(1);
  }
}

static sqlite3_stmt *statement(const char *sql) {
  sqlite3_stmt *made;
  if (sqlite3_prepare_v2(database, sql, -1, &made, NULL) != SQLITE_OK) {
    fprintf(stderr, "%s: %s\n", sql, sqlite3_errmsg(database));
    exit(1);
  }
  return made;
}

static void open_database(const char *path) {
  if (sqlite3_open(path, &database) != SQLITE_OK) fail(path);
  script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16000;"
         "CREATE TABLE IF NOT EXISTS records(row INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, digest BLOB NOT NULL,"
         " seq INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;"
         "CREATE INDEX IF NOT EXISTS by_seq ON records(seq)");
}

static char *contents(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) fail(path);
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  char *text = malloc(*size + 1);
  if (fread(text, 1, *size, file) != *size) fail(path);
  text[*size] = 0;
  fclose(file);
  return text;
}

/* Not a digest, but as long as one and as random. */
static void digest(const char *line, size_t length, uint64_t out[4]) {
  for (int i = 0; i < 4; i++) {
    out[i] = 0x9E3779B97F4A7C15ull * (i + 1) + length;
    for (size_t k = 17; k < 57 && k < length; k++) out[i] = (out[i] ^ (unsigned char)line[k]) * 0x100000001B3ull;
  }
}

static sqlite3_stmt *writing;
static int64_t sequence, in_batch;

static void put(const char *line, size_t length) {
  const char *key = line + 16; /* {"external_id":" */
  const char *end = memchr(key, '"', length - 16);
  uint64_t sum[4];
  digest(line, length, sum);
  if (in_batch == 0) script("BEGIN IMMEDIATE");
  sqlite3_bind_blob(writing, 1, key, end - key, SQLITE_STATIC);
  sqlite3_bind_blob(writing, 2, sum, 32, SQLITE_STATIC);
  sqlite3_bind_int64(writing, 3, ++sequence);
  sqlite3_bind_blob(writing, 4, line, length, SQLITE_STATIC);
  if (sqlite3_step(writing) != SQLITE_DONE) {
    fprintf(stderr, "%s\n", sqlite3_errmsg(database));
    exit(1);
  }
  sqlite3_reset(writing);
  if (++in_batch == BATCH) {
    script("COMMIT");
    in_batch = 0;
  }
}

static void finish(void) {
  if (in_batch) script("COMMIT");
  in_batch = 0;
}

static const char *const upsert =
    "INSERT INTO records(key, digest, seq, bytes) VALUES (?, ?, ?, ?) ON CONFLICT(key) DO UPDATE SET"
    " digest = excluded.digest, seq = excluded.seq, bytes = excluded.bytes";

static int64_t last_sequence(void) {
  sqlite3_stmt *last = statement("SELECT coalesce(max(seq), 0) FROM records");
  sqlite3_step(last);
  int64_t found = sqlite3_column_int64(last, 0);
  sqlite3_finalize(last);
  return found;
}

static long put_lines(const char *text, size_t size) {
  long lines = 0;
  for (const char *end, *at = text; at < text + size; at = end + 1, lines++) {
    end = memchr(at, '\n', text + size - at);
    put(at, end - at);
  }
  finish();
  return lines;
}

/* ---- the pipeline ---- */

struct buffer {
  unsigned char *octets;
  size_t size, room;
};

static void reserve(struct buffer *b, size_t more) {
  if (b->size + more <= b->room) return;
  b->room = 2 * b->room + more;
  b->octets = realloc(b->octets, b->room);
}

/* A blob as a string of JSON: quotes, backslashes and controls escaped. */
static void append_text(struct buffer *b, const unsigned char *text, size_t length) {
  reserve(b, 6 * length + 3);
  unsigned char *to = b->octets + b->size;
  *to++ = '"';
  for (size_t i = 0; i < length; i++) {
    if (text[i] == '"' || text[i] == '\\') *to++ = '\\';
    if (text[i] < 32)
      to += sprintf((char *)to, "\\u%04x", text[i]);
    else
      *to++ = text[i];
  }
  *to++ = '"';
  b->size = to - b->octets;
}

static void send_all(int line, const void *octets, size_t size) {
  for (ssize_t sent; size > 0; octets = (const char *)octets + sent, size -= sent)
    if ((sent = write(line, octets, size)) <= 0) fail("write");
}

static int receive_all(int line, void *octets, size_t size) {
  for (ssize_t got; size > 0; octets = (char *)octets + got, size -= got)
    if ((got = read(line, octets, size)) <= 0) return 0;
  return 1;
}

static void send_batch(int line, struct buffer *plain) {
  static struct buffer packed;
  uLongf size = compressBound(plain->size);
  packed.size = 0;
  reserve(&packed, size + 8);
  compress2(packed.octets + 8, &size, plain->octets, plain->size, 1);
  uint32_t head[2] = {size, plain->size};
  memcpy(packed.octets, head, 8);
  send_all(line, packed.octets, size + 8);
  plain->size = 0;
}

static void send_rows(int line, int64_t after) {
  sqlite3_stmt *rows = statement("SELECT bytes FROM records WHERE seq > ? ORDER BY seq");
  sqlite3_bind_int64(rows, 1, after);
  struct buffer plain = {0};
  for (int count = 0; sqlite3_step(rows) == SQLITE_ROW;) {
    append_text(&plain, sqlite3_column_blob(rows, 0), sqlite3_column_bytes(rows, 0));
    plain.octets[plain.size++] = '\n';
    if (++count % 500 == 0) send_batch(line, &plain);
  }
  if (plain.size) send_batch(line, &plain);
  shutdown(line, SHUT_WR);
  char done;
  if (!receive_all(line, &done, 1)) fail("the receiver");
}

static size_t unescape(unsigned char *text, size_t length) {
  unsigned char *to = text;
  for (size_t i = 1; i + 1 < length; i++) {
    if (text[i] == '\\') i++;
    *to++ = text[i];
  }
  return to - text;
}

static void receive_rows(int line) {
  struct buffer packed = {0}, plain = {0};
  uint32_t head[2];
  while (receive_all(line, head, 8)) {
    packed.size = plain.size = 0;
    reserve(&packed, head[0]);
    reserve(&plain, head[1]);
    if (!receive_all(line, packed.octets, head[0])) fail("the sender");
    uLongf size = head[1];
    if (uncompress(plain.octets, &size, packed.octets, head[0]) != Z_OK) fail("inflate");
    for (unsigned char *end, *at = plain.octets; at < plain.octets + size; at = end + 1) {
      end = memchr(at, '\n', plain.octets + size - at);
      put((char *)at, unescape(at, end - at));
    }
  }
  finish();
  send_all(line, "!", 1);
}

static struct sockaddr_in address(const char *port) {
  struct sockaddr_in made = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  made.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return made;
}

static int dial(const char *port) {
  struct sockaddr_in to = address(port);
  int line = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (connect(line, (struct sockaddr *)&to, sizeof to)) fail("connect");
  setsockopt(line, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return line;
}

static int answer(const char *port) {
  struct sockaddr_in at = address(port);
  int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 1)) fail("listen");
  puts("ready");
  fflush(stdout);
  return accept(listener, NULL, NULL);
}

int main(int count, char **words) {
  if (count < 4) return fprintf(stderr, "usage: floor insert|load|edit|send|receive …\n"), 2;
  const char *task = words[1];
  int reads = !strcmp(task, "insert") || !strcmp(task, "load") || !strcmp(task, "edit");
  size_t size = 0;
  char *rows = reads ? contents(words[2], &size) : NULL;
  double begun = now(), used = cpu();
  open_database(words[reads ? 3 : 2]);
  sequence = last_sequence();
  writing = statement(!strcmp(task, "insert") || !strcmp(task, "load")
                          ? "INSERT INTO records(key, digest, seq, bytes) VALUES (?, ?, ?, ?)"
                          : upsert);
  if (reads) {
    long lines = put_lines(rows, size);
    if (!strcmp(task, "insert")) printf("%ld %.4f %.4f\n", lines, now() - begun, cpu() - used);
    if (!strcmp(task, "edit")) printf("%ld\n", (long)(sequence - lines));
    if (!strcmp(task, "load")) script("PRAGMA wal_checkpoint(TRUNCATE)");
  } else if (!strcmp(task, "send")) {
    send_rows(dial(words[3]), count > 4 ? atoll(words[4]) : 0);
  } else {
    receive_rows(answer(words[3]));
  }
  sqlite3_finalize(writing);
  sqlite3_close(database);
  return 0;
}
