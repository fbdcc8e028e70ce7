#include "detforge/nn/observer.h"

namespace detforge::nn {
namespace {

thread_local ForwardObserver* observer_of_thread = nullptr;

}  // namespace

ForwardObserver* current_observer() { return observer_of_thread; }

ObserverGuard::ObserverGuard(ForwardObserver& observer) : previous_(std::exchange(observer_of_thread, &observer)) {}

ObserverGuard::~ObserverGuard() { observer_of_thread = previous_; }

}  // namespace detforge::nn
