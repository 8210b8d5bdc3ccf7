/* spec-kitty from C11: JSON in and out, a number for every outcome.
 *
 *   plain HOME */
#include <spec_kitty/spec_kitty.h>

#include <stdio.h>
#include <string.h>

static int complain(const spec_kitty_problem* why) {
  fprintf(stderr, "plain: %s: %s\n%s\n", why->code, why->message, why->hint);
  return 1;
}

int main(int argc, char** argv) {
  char options[4200];
  char id[27];
  char* status = NULL;
  spec_kitty_client* client = NULL;
  spec_kitty_problem why = {{0}, {0}, {0}};
  if (argc != 2) {
    fprintf(stderr, "usage: plain HOME\n");
    return 2;
  }

  /* The events are delivered by somebody else: a daemon of the home, or `spec-kitty sync now`. */
  snprintf(options, sizeof options, "{\"home\":\"%s\",\"deliver\":false}", argv[1]);
  if (spec_kitty_open(options, &client, &why) != SPEC_KITTY_OK)
    return complain(&why);

  if (spec_kitty_emit(client,
                      "{\"event_type\":\"HistoryAdded\",\"payload\":{\"wp_id\":\"WP01\","
                      "\"entry_type\":\"note\",\"entry_content\":\"hello from C\"}}",
                      id, &why) != SPEC_KITTY_OK)
    return complain(&why);
  printf("%s\n", id);

  /* What the contract refuses is refused before it is recorded, and named. */
  if (spec_kitty_emit(client, "{\"event_type\":\"HistoryAdded\",\"payload\":{}}", NULL, &why) !=
          SPEC_KITTY_BAD_INPUT ||
      strcmp(why.code, "invalid_event") != 0)
    return complain(&why);

  if (spec_kitty_status(client, &status, &why) != SPEC_KITTY_OK)
    return complain(&why);
  printf("%s\n", status);
  spec_kitty_free(status);
  return spec_kitty_close(client, 5000, &why) == SPEC_KITTY_OK ? 0 : complain(&why);
}
