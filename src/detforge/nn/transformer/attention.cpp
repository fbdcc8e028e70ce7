#include "detforge/nn/transformer/attention.h"

namespace detforge::nn {

Registry<Attention>& attentions() {
  static Registry<Attention> registry("ATTENTION");
  return registry;
}

}  // namespace detforge::nn
