#include "detforge/apps/run_identity.h"

#include "detforge/base/mapped_file.h"
#include "detforge/base/sha256.h"

namespace detforge {

std::string run_identity(const Config& config, Reference reference, const std::string& checkpoint, const std::string& more) {
  Sha256 sha;
  const std::string text = repr(config.root()) + (reference == Reference::V2_8 ? "|2.8|" : "|2.27|") + more;
  sha.add(text.data(), text.size());
  if (checkpoint != "random") {
    const MappedFile weights(checkpoint);
    sha.add(weights.bytes().data(), weights.bytes().size());
  }
  return sha.hex();
}

}  // namespace detforge
