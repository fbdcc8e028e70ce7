#include "detforge/base/interruption.h"

#include <csignal>
#include <initializer_list>

namespace detforge {
namespace {

// A signal's handler reaches nothing but what is static.
volatile std::sig_atomic_t received = 0;

extern "C" void receive_interruption(int signal) { received = signal; }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  // The second signal finds the default again, which ends the program.
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

Interruption::Interruption() {
  received = 0;
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    // `nohup` and background jobs of a script ignore Ctrl-C, and go on doing so.
    if (before.sa_handler != SIG_IGN) handle(signal, receive_interruption);
  }
}

Interruption::~Interruption() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction now {};
    sigaction(signal, nullptr, &now);
    if (now.sa_handler == receive_interruption) handle(signal, SIG_DFL);
  }
}

bool Interruption::requested() const { return received != 0; }

int Interruption::exit_status() const { return received == 0 ? 0 : 128 + received; }

}  // namespace detforge
