/* Preloaded into a program: its DNS takes 30 s for every name. What that asks of the program is
 * that its own timeout counts, not the resolver's. */
#include <netdb.h>
#include <unistd.h>

int getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                struct addrinfo** result) {
  (void)node;
  (void)service;
  (void)hints;
  (void)result;
  sleep(30);
  return EAI_AGAIN;
}
