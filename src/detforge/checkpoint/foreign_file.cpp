#include "detforge/checkpoint/foreign_file.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace detforge {
namespace {

/// The text without marks and blanks before it, in small letters.
std::string beginning(std::string_view file) {
  constexpr std::size_t looked_at = 512;
  if (file.starts_with("\xef\xbb\xbf")) file.remove_prefix(3);
  std::string text(file.substr(0, looked_at));
  text.erase(0, std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool is_tar(std::string_view file) {
  constexpr std::size_t at = 257;
  return file.size() > at && file.substr(at).starts_with("ustar");
}

/// A pickle of protocol 2 to 5, which begins with its number.
bool is_pickle(std::string_view file) { return file.size() > 2 && file[0] == '\x80' && file[1] >= 2 && file[1] <= 5 && file.back() == '.'; }

}  // namespace

Error foreign_file_error(std::span<const std::byte> file) {
  const std::string_view bytes(reinterpret_cast<const char*>(file.data()), file.size());
  const std::string text = beginning(bytes);
  if (text.starts_with("version https://git-lfs")) {
    return Error("this is a Git LFS pointer, not the file that it stands for").help("git lfs pull fetches the file");
  }
  if (text.starts_with("<!doctype html") || text.starts_with("<html")) {
    return Error("this is a web page, not a checkpoint").help("download the file itself: the address led to a page or an error");
  }
  if (text.starts_with("<?xml") || text.starts_with("<error")) {
    return Error("this is XML, not a checkpoint: most often a server's error in the place of the file").help("download it again");
  }
  if (bytes.starts_with("\x1f\x8b")) {
    return Error("this is a gzip archive, not a checkpoint").help("gunzip unpacks it; a .tar.gz is unpacked by tar -xzf");
  }
  if (is_tar(bytes)) {
    return Error("this is a tar archive, as PyTorch wrote before version 0.2, which is not read")
        .help("PyTorch can write it anew: torch.save(torch.load('old.pth'), 'new.pth')");
  }
  if (bytes.starts_with("\x93NUMPY")) return Error("this is an array of NumPy's, not a checkpoint");
  if (bytes.starts_with("\x89HDF")) return Error("this is an HDF5 file, as Keras writes them, not a checkpoint of PyTorch's");
  if (is_pickle(bytes)) {
    return Error("this is a plain pickle, as Detectron2 publishes weights, not a checkpoint of torch.save")
        .help("PyTorch can write one: torch.save({'state_dict': …}, 'new.pth') with torch.as_tensor() of each array");
  }
  if (std::all_of(bytes.begin(), bytes.end(), [](char byte) { return byte == '\0'; })) {
    return Error("the file holds nothing but zero bytes: its download or copy did not end").help("fetch it again");
  }
  return Error("this is no checkpoint: neither torch's formats nor safetensors begin so");
}

}  // namespace detforge
