#include "detforge/checkpoint/write.h"

namespace detforge {

WriteReport write_checkpoint(Checkpoint::Format format, const Object& root, Storages& storages, const Sink& sink) {
  switch (format) {
    case Checkpoint::Format::Zip: return write_torch_zip(root, storages, sink);
    case Checkpoint::Format::Legacy: return write_torch_legacy(root, storages, sink);
    case Checkpoint::Format::Safetensors: break;
  }
  return write_safetensors(root, storages, sink);
}

}  // namespace detforge
