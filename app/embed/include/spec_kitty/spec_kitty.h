/* spec-kitty for C and whatever calls C: the same client, JSON in and out.
 *
 * Every function returns 0 for success, else a code of enum spec_kitty_code; `problem` may be NULL.
 * Handles may be used from any thread; after spec_kitty_close a handle is gone. */
#ifndef SPEC_KITTY_H
#define SPEC_KITTY_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SPEC_KITTY_C_API __attribute__((visibility("default")))
#else
#define SPEC_KITTY_C_API
#endif

/** An open home. */
typedef struct spec_kitty_client spec_kitty_client;

/** What went wrong, in words: cut to fit, always terminated. */
typedef struct spec_kitty_problem {
  char code[32];     /**< stable name: `invalid_event`, `store_version`, … */
  char message[480]; /**< names the thing */
  char hint[256];    /**< names the remedy; may be empty */
} spec_kitty_problem;

/** What a function returns; the finer code is in spec_kitty_problem. The values never change. */
enum spec_kitty_code {
  SPEC_KITTY_OK = 0,
  SPEC_KITTY_BAD_INPUT = 1,     /**< an argument, option or event that cannot be used */
  SPEC_KITTY_NOT_DELIVERED = 4, /**< durable, but not all is on the server */
  SPEC_KITTY_STORE = 6,         /**< the store cannot be used */
  SPEC_KITTY_OVERLOADED = 7,    /**< too much in flight, or no thread, descriptor or memory */
  SPEC_KITTY_STOPPED = 8,       /**< closed, or closing did not end in time */
  SPEC_KITTY_INTERNAL = 9       /**< a defect */
};

/** Opens a home. `options_json`: NULL, or an object with any of `home`, `settings` (an object of
 * texts), `project_folder`, `project_uuid`, `project_slug`, `deliver` (bool), `max_in_flight`,
 * `full` (`block`, `fail`, `drop`), `block_for_ms`, `event_types` (name → schema), `modules`. */
SPEC_KITTY_C_API int spec_kitty_open(const char* options_json, spec_kitty_client** client,
                                     spec_kitty_problem* problem);

/** Records one event and waits until it is durable: `{"event_type":…, "payload":{…},
 * "aggregate_id"?, "causation_id"?}`. `event_id`: NULL, or room for 27 bytes;
 * empty where the event is durable beside a store that could not be used. */
SPEC_KITTY_C_API int spec_kitty_emit(spec_kitty_client* client, const char* event_json,
                                     char* event_id, spec_kitty_problem* problem);

/** Hands one event over and never waits; what is not recorded is counted in the status. */
SPEC_KITTY_C_API int spec_kitty_emit_best_effort(spec_kitty_client* client, const char* event_json,
                                                 spec_kitty_problem* problem);

/** Waits, at most `deadline_ms`, until all is durable and on the server. */
SPEC_KITTY_C_API int spec_kitty_flush(spec_kitty_client* client, int deadline_ms,
                                      spec_kitty_problem* problem);

/** Something that hears of events of others and of changes. */
typedef struct spec_kitty_subscription spec_kitty_subscription;

/** Gets one update, a JSON object that lives as long as the call: `kind` (`link`, `remote`, `sent`,
 * `refused`, `batch`, `trouble`); of `remote` also `event` and, where the server numbers events,
 * `log`, `seq` and `by`; of others `event_id`, `link` and `words` as far as they have them. On a
 * thread of the client; must not throw. */
typedef void (*spec_kitty_handler)(const char* update_json, void* context);

/** Hears of events of others and of changes until spec_kitty_unsubscribe. `options_json`: NULL, or
 * `{"after":N,"log":"…"?}`: first the events of others behind that number of the team's log, each
 * once, in order. A program that keeps `seq` and `log` with what it did misses none. */
SPEC_KITTY_C_API int spec_kitty_subscribe(spec_kitty_client* client, const char* options_json,
                                          spec_kitty_handler handler, void* context,
                                          spec_kitty_subscription** subscription,
                                          spec_kitty_problem* problem);

/** Ends a subscription and frees it; NULL is fine. The handler is not called any more afterwards,
 * unless it is at work on another thread just then. May come after spec_kitty_close. */
SPEC_KITTY_C_API void spec_kitty_unsubscribe(spec_kitty_subscription* subscription);

/** How things stand, as a JSON object in `json`; free it with spec_kitty_free. */
SPEC_KITTY_C_API int spec_kitty_status(spec_kitty_client* client, char** json,
                                       spec_kitty_problem* problem);

/** Frees a text of spec_kitty_status; NULL is fine. */
SPEC_KITTY_C_API void spec_kitty_free(char* text);

/** Stops within about `deadline_ms` and frees the handle; NULL is fine. */
SPEC_KITTY_C_API int spec_kitty_close(spec_kitty_client* client, int deadline_ms,
                                      spec_kitty_problem* problem);

/** The library's version, `0.1.0`. */
SPEC_KITTY_C_API const char* spec_kitty_version(void);

#ifdef __cplusplus
}
#endif

#endif
