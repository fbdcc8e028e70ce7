#include "detforge/checkpoint/zip_reader.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "detforge/base/error.h"
#include "detforge/checkpoint/byte_reader.h"
#include "detforge/checkpoint/checkpoint_limits.h"
#include "detforge/checkpoint/crc.h"

namespace detforge {
namespace {

constexpr std::uint32_t local_signature = 0x04034b50, central_signature = 0x02014b50, end_signature = 0x06054b50;
constexpr std::uint32_t zip64_end_signature = 0x06064b50, zip64_locator_signature = 0x07064b50, descriptor_signature = 0x08074b50;
constexpr std::uint32_t in_zip64_32 = 0xFFFFFFFF;
constexpr std::uint16_t in_zip64_16 = 0xFFFF;
constexpr std::size_t end_size = 22, zip64_locator_size = 20;

struct Directory {
  std::uint64_t entries = 0;
  std::uint64_t size = 0;
  std::uint64_t at = 0;
};

/// The last end record whose comment ends where the file does.
std::size_t find_end_record(std::span<const std::byte> archive) {
  if (archive.size() >= end_size) {
    const std::size_t longest_comment = std::min<std::size_t>(archive.size() - end_size, 0xFFFF);
    for (std::size_t comment = 0; comment <= longest_comment; ++comment) {
      const std::size_t at = archive.size() - end_size - comment;
      ByteReader in(archive, at);
      if (in.number<std::uint32_t>() != end_signature) continue;
      static_cast<void>(in.take(16));
      if (in.number<std::uint16_t>() == comment) return at;
    }
  }
  throw Error("the archive has no end record: the file is cut off or no ZIP archive");
}

Directory read_zip64_end(std::span<const std::byte> archive, std::size_t end_at) {
  if (end_at < zip64_locator_size) throw Error("the archive has no zip64 locator where it needs one");
  ByteReader locator(archive, end_at - zip64_locator_size);
  if (locator.number<std::uint32_t>() != zip64_locator_signature) throw Error("the archive has no zip64 locator where it needs one");
  if (locator.number<std::uint32_t>() != 0) throw Error("the archive is split over several files");
  const auto at = locator.number<std::uint64_t>();
  if (at > archive.size()) throw Error("the zip64 end record lies outside the file");
  ByteReader end(archive, static_cast<std::size_t>(at));
  if (end.number<std::uint32_t>() != zip64_end_signature) throw Error("the zip64 end record is malformed");
  static_cast<void>(end.take(8 + 2 + 2 + 4 + 4 + 8));
  Directory directory;
  directory.entries = end.number<std::uint64_t>();
  directory.size = end.number<std::uint64_t>();
  directory.at = end.number<std::uint64_t>();
  return directory;
}

Directory read_end(std::span<const std::byte> archive) {
  const std::size_t at = find_end_record(archive);
  ByteReader in(archive, at + 4);
  const auto disk = in.number<std::uint16_t>(), directory_disk = in.number<std::uint16_t>();
  const auto here = in.number<std::uint16_t>(), entries = in.number<std::uint16_t>();
  Directory directory{entries, 0, 0};
  directory.size = in.number<std::uint32_t>();
  directory.at = in.number<std::uint32_t>();
  if (entries == in_zip64_16 || directory.size == in_zip64_32 || directory.at == in_zip64_32) {
    directory = read_zip64_end(archive, at);
  } else if (disk != 0 || directory_disk != 0 || here != entries) {
    throw Error("the archive is split over several files");
  }
  if (directory.at > at || directory.size > at - directory.at) throw Error("the archive's directory lies outside the file");
  if (directory.entries > checkpoint_limits::zip_members) throw Error("the archive has too many members");
  return directory;
}

/// Sizes and places that did not fit into 32 bits stand in an extra field, in this order, those only that did not fit.
void read_zip64_extra(std::string_view extra, std::uint64_t& size, std::uint64_t& compressed, std::uint64_t* local_at) {
  const auto bytes = std::as_bytes(std::span(extra));
  ByteReader in(bytes);
  while (in.left() >= 4) {
    const auto id = in.number<std::uint16_t>();
    const auto field = in.take(in.number<std::uint16_t>());
    if (id != 1) continue;
    ByteReader values(field);
    if (size == in_zip64_32) size = values.number<std::uint64_t>();
    if (compressed == in_zip64_32) compressed = values.number<std::uint64_t>();
    if (local_at != nullptr && *local_at == in_zip64_32) *local_at = values.number<std::uint64_t>();
    return;
  }
}

struct Extent {
  std::uint64_t begin = 0, end = 0;
  const std::string* name = nullptr;
};

/// How long the data descriptor at `in` is: an optional signature, the checksum, and both sizes in 32 or in 64 bits.
std::size_t descriptor_size(ByteReader in, const ZipReader::Member& member) {
  const std::size_t begin = in.position();
  const auto sizes_agree = [&]<class T>(ByteReader sizes, T) {
    return sizes.left() >= 2 * sizeof(T) && sizes.number<T>() == member.compressed_size && sizes.number<T>() == member.size;
  };
  // A checksum may look like the signature: both readings are tried.
  for (const bool has_signature : {true, false}) {
    ByteReader fields = in;
    if (fields.left() < 4 || (has_signature && fields.number<std::uint32_t>() != descriptor_signature)) continue;
    if (fields.left() < 4 || fields.number<std::uint32_t>() != member.crc) continue;
    if (sizes_agree(fields, std::uint64_t{})) return fields.position() - begin + 16;
    if (sizes_agree(fields, std::uint32_t{})) return fields.position() - begin + 8;
  }
  throw Error("its data descriptor is missing or says something else than the directory");
}

/// Checks the local header against what the directory says and fills in where the data begins.
Extent check_local_header(std::span<const std::byte> archive, ZipReader::Member& member, std::uint16_t flags, std::uint64_t at) {
  if (at > archive.size()) throw Error("its local header lies outside the file");
  ByteReader in(archive, static_cast<std::size_t>(at));
  if (in.number<std::uint32_t>() != local_signature) throw Error("it has no local header where the directory says");
  static_cast<void>(in.number<std::uint16_t>());
  const auto local_flags = in.number<std::uint16_t>(), method = in.number<std::uint16_t>();
  static_cast<void>(in.number<std::uint32_t>());
  const auto crc = in.number<std::uint32_t>();
  std::uint64_t compressed = in.number<std::uint32_t>(), size = in.number<std::uint32_t>();
  const auto name_length = in.number<std::uint16_t>(), extra_length = in.number<std::uint16_t>();
  const std::string_view name = in.text(name_length), extra = in.text(extra_length);
  read_zip64_extra(extra, size, compressed, nullptr);
  constexpr std::uint16_t has_descriptor = 8;
  const bool described_later = (flags & has_descriptor) != 0;
  const auto agrees = [&](std::uint64_t local, std::uint64_t wanted) {
    return local == wanted || (described_later && (local == 0 || local == in_zip64_32));
  };
  if (name != member.name || method != member.method || local_flags != flags || !agrees(crc, member.crc) ||
      !agrees(compressed, member.compressed_size) || !agrees(size, member.size)) {
    throw Error("its local header says something else than the directory");
  }
  member.data_at = in.position();
  static_cast<void>(in.take(member.compressed_size));
  if (described_later) static_cast<void>(in.take(descriptor_size(in, member)));
  return {at, in.position(), &member.name};
}

void refuse_overlaps(std::vector<Extent> extents, std::uint64_t directory_at) {
  std::sort(extents.begin(), extents.end(), [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  for (std::size_t i = 0; i < extents.size(); ++i) {
    const std::uint64_t limit = i + 1 < extents.size() ? extents[i + 1].begin : directory_at;
    if (extents[i].end > limit) throw Error("the archive's member '" + *extents[i].name + "' shares bytes with what follows it");
  }
}

std::vector<std::byte> inflate_member(std::span<const std::byte> data, std::uint64_t size) {
  std::vector<std::byte> output(static_cast<std::size_t>(size));
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw Error("zlib can not be set up", ErrorKind::Internal);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(data.data()));
  stream.avail_in = static_cast<uInt>(std::min<std::size_t>(data.size(), std::numeric_limits<uInt>::max()));
  stream.next_out = reinterpret_cast<Bytef*>(output.data());
  stream.avail_out = static_cast<uInt>(output.size());
  const int result = inflate(&stream, Z_FINISH);
  const bool complete = result == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!complete) throw Error("its compressed data is damaged");
  return output;
}

}  // namespace

bool is_zip(std::span<const std::byte> bytes) {
  if (bytes.size() < 4) return false;
  const auto signature = ByteReader(bytes).number<std::uint32_t>();
  return signature == local_signature || signature == end_signature;
}

ZipReader::ZipReader(std::span<const std::byte> archive) : archive_(archive) {
  const Directory directory = read_end(archive);
  ByteReader in(archive.first(static_cast<std::size_t>(directory.at + directory.size)), static_cast<std::size_t>(directory.at));
  std::vector<Extent> extents;
  members_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(directory.entries, in.left() / 46 + 1)));
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    if (in.number<std::uint32_t>() != central_signature) throw Error("the archive's directory is malformed");
    static_cast<void>(in.number<std::uint32_t>());
    Member member;
    const auto flags = in.number<std::uint16_t>();
    member.method = in.number<std::uint16_t>();
    static_cast<void>(in.number<std::uint32_t>());
    member.crc = in.number<std::uint32_t>();
    member.compressed_size = in.number<std::uint32_t>();
    member.size = in.number<std::uint32_t>();
    const auto name_length = in.number<std::uint16_t>(), extra_length = in.number<std::uint16_t>(),
               comment_length = in.number<std::uint16_t>();
    static_cast<void>(in.take(2 + 2 + 4));
    std::uint64_t local_at = in.number<std::uint32_t>();
    member.name = in.text(name_length);
    read_zip64_extra(in.text(extra_length), member.size, member.compressed_size, &local_at);
    static_cast<void>(in.take(comment_length));
    try {
      if ((flags & 1U) != 0) throw Error("it is encrypted");
      if (member.method != 0 && member.method != 8)
        throw Error("its compression method " + std::to_string(member.method) + " is not known");
      if (member.method == 0 && member.size != member.compressed_size) throw Error("it is stored, but its sizes differ");
      if (!by_name_.emplace(member.name, members_.size()).second) throw Error("the archive has it twice");
      members_.push_back(std::move(member));
      extents.push_back(check_local_header(archive, members_.back(), flags, local_at));
    } catch (Error& error) {
      throw std::move(
          error.note("the archive's member '" + (member.name.empty() && !members_.empty() ? members_.back().name : member.name) + "'"));
    }
  }
  for (std::size_t i = 0; i < extents.size(); ++i) extents[i].name = &members_[i].name;
  refuse_overlaps(std::move(extents), directory.at);
}

const ZipReader::Member* ZipReader::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &members_[found->second];
}

std::span<const std::byte> ZipReader::read(const Member& member) {
  try {
    std::span<const std::byte> data =
        archive_.subspan(static_cast<std::size_t>(member.data_at), static_cast<std::size_t>(member.compressed_size));
    if (member.method == 8) {
      auto& buffer = inflated_[member.name];
      if (buffer.empty()) {
        if (member.size > checkpoint_limits::inflated_bytes - inflated_bytes_)
          throw Error("the archive's compressed members are larger than " + std::to_string(checkpoint_limits::inflated_bytes) + " bytes");
        buffer = inflate_member(data, member.size);
        inflated_bytes_ += member.size;
      }
      data = buffer;
    }
    if (!checked_.contains(member.name)) {
      if (crc_of(data) != member.crc) throw Error("its bytes are damaged: the checksum differs");
      checked_.insert(member.name);
    }
    return data;
  } catch (Error& error) {
    throw std::move(error.note("the archive's member '" + member.name + "'"));
  }
}

}  // namespace detforge
